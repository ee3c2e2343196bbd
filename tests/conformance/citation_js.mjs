// citation-js: what it reads of a .bib or of CSL-JSON, as CSL items; entries that it refuses are left out.
import { createRequire } from 'node:module'
import fs from 'node:fs'

const { Cite, default: Whole } = createRequire(import.meta.url)('citation-js')
const Reader = Cite ?? Whole ?? createRequire(import.meta.url)('citation-js')
const read = (text) => new Reader(text, { generateGraph: false }).data
const readOne = (block) => { try { return read(block) } catch { return [] } }

const text = fs.readFileSync(process.argv[2], 'utf8')
const items = /^\s*\[/.test(text) ? read(text) : text.split(/\n(?=@)/).flatMap(readOne)
console.log(JSON.stringify(items))
