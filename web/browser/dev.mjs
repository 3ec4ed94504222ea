// A seeded Headwater for people who work on the app: `node browser/dev.mjs [api port] [app port]`, with `npm run dev`
// (or `npm run preview`) at the app's port. Sign in as one of those that it prints.
import { PASSWORD, seed, startHeadwater } from './headwater.mjs'

const [port = '8080', web = port] = process.argv.slice(2)
const origin = `http://127.0.0.1:${web}`
const server = await startHeadwater({ port: Number(port), publicUrl: origin })
const { operator, partner, customer } = await seed(server.url, server.operatorToken, origin)
console.log(`API ${server.url}, app ${origin}, password "${PASSWORD}"`)
for (const { email } of [operator, partner, customer]) console.log(`  ${email}`)
process.once('SIGINT', () => void server.stop().then(() => process.exit(0)))
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)))
