// citation-js: what it reads of a .bib or of CSL-JSON, as CSL items.
import { createRequire } from 'node:module'
import fs from 'node:fs'

const { Cite, default: Whole } = createRequire(import.meta.url)('citation-js')
const Reader = Cite ?? Whole ?? createRequire(import.meta.url)('citation-js')
console.log(JSON.stringify(new Reader(fs.readFileSync(process.argv[2], 'utf8'), { generateGraph: false }).data))
