// citeproc-js: the bibliography of CSL items in a style, as lines of text.
import { createRequire } from 'node:module'
import fs from 'node:fs'

const CSL = createRequire(import.meta.url)('citeproc')
const [items, style, locale] = process.argv.slice(2).map((path) => fs.readFileSync(path, 'utf8'))
const byId = Object.fromEntries(JSON.parse(items).map((item) => [item.id, item]))
const engine = new CSL.Engine({ retrieveLocale: () => locale, retrieveItem: (id) => byId[id] }, style, 'en-US')
engine.setOutputFormat('text')
const found = Object.keys(byId).map((id) => {
  engine.updateItems([id])
  return engine.makeBibliography()[1][0].trim()
})
console.log(JSON.stringify(found))
