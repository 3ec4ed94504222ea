// The app's budget: what the first page needs, and what each further route adds, gzipped.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const FIRST_SCRIPT = 220_000
const FIRST_STYLE = 15_000
const FURTHER_SCRIPT = 60_000

const dist = join(import.meta.dirname, '../dist')
const size = (file) => gzipSync(readFileSync(join(dist, file))).length
const html = readFileSync(join(dist, 'index.html'), 'utf8')
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(js|css))"/g)].map((match) => match[1])
const sum = (files) => files.reduce((total, file) => total + size(file), 0)
const script = sum(first.filter((file) => file.endsWith('.js')))
const style = sum(first.filter((file) => file.endsWith('.css')))
const further = readdirSync(join(dist, 'assets'))
  .filter((file) => file.endsWith('.js') && !first.includes(`assets/${file}`))
  .map((file) => ({ file, bytes: size(`assets/${file}`) }))
  .sort((a, b) => b.bytes - a.bytes)
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
console.log(`first script ${kilobytes(script)} of ${kilobytes(FIRST_SCRIPT)}`)
console.log(`first style  ${kilobytes(style)} of ${kilobytes(FIRST_STYLE)}`)
for (const { file, bytes } of further.slice(0, 5)) console.log(`then ${file} ${kilobytes(bytes)}`)
const largest = further[0]?.bytes ?? 0
if (script > FIRST_SCRIPT || style > FIRST_STYLE || largest > FURTHER_SCRIPT) {
  console.error('the app is over its budget')
  process.exit(1)
}
