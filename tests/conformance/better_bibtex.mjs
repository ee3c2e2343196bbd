// Better BibTeX's parser: the entries as JSON lines, and what it complains of.
import * as parser from '@retorquere/bibtex-parser'
import fs from 'node:fs'

const library = parser.parse(fs.readFileSync(process.argv[2], 'utf8'), { sentenceCase: 'off' })
const entries = library.entries.map(({ type, key, fields }) => ({ type, key, fields }))
console.log(JSON.stringify({ entries, errors: library.errors.map((error) => error.error) }))
