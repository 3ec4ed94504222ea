// How quick the app is, as figures to read and not as a test: `npm run speed --prefix web`, on a quiet machine, with
// HEADWATER_BIN naming a release build. First pages with an empty cache; then the debugger under a flood.
import { existsSync } from 'node:fs'
import { chromium } from '@playwright/test'
import { PASSWORD, pause, seed, startHeadwater } from './headwater.mjs'

const FIRST_PAGES = ['/', '/catalog', '/login']
const TIMES = 5
/** Messages a second, and for how many seconds. */
const FLOODS = [
  [1000, 20],
  [5000, 10],
]
const BATCH = 100

const server = await startHeadwater()
const { customer, web } = await seed(server.url, server.operatorToken)
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })

for (const path of FIRST_PAGES) {
  const times = []
  for (let time = 0; time < TIMES; time += 1) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(server.url + path, { waitUntil: 'commit' })
    await page.waitForSelector('h1')
    times.push(Math.round(await page.evaluate(() => performance.now())))
    await context.close()
  }
  console.log(`${path} shows its heading after ${times.sort((a, b) => a - b).join(', ')} ms`)
}

const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
await context.request.post(`${server.url}/api/sessions`, {
  headers: { origin: server.url },
  data: { email: customer.email, password: PASSWORD },
})
for (const [rate, seconds] of FLOODS) {
  const page = await context.newPage()
  await page.goto(`${server.url}/w/shop/sources/web/debugger`)
  const list = page.getByRole('listbox')
  const arrived = async () => Number(await list.getAttribute('data-arrived'))
  await list.waitFor()
  await pause(1000)
  await page.evaluate(() => {
    globalThis.seen = { tasks: [], frames: 0, from: performance.now() }
    const keep = (entries) =>
      globalThis.seen.tasks.push(...entries.getEntries().map(({ duration }) => duration))
    new PerformanceObserver(keep).observe({ type: 'longtask' })
    const frame = () => {
      globalThis.seen.frames += 1
      requestAnimationFrame(frame)
    }
    frame()
  })
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  const metrics = async () =>
    Object.fromEntries(
      (await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]),
    )
  const before = await metrics()
  const already = await arrived()
  const sent = await flood(rate, seconds)
  const after = await metrics()
  const { tasks, frames, ms } = await page.evaluate(() => ({
    ...globalThis.seen,
    ms: performance.now() - globalThis.seen.from,
  }))
  for (let tries = 0; tries < 100 && (await arrived()) < already + sent; tries += 1) await pause(100)
  const share = (100 * (after.TaskDuration - before.TaskDuration)) / (after.Timestamp - before.Timestamp)
  console.log(
    `${rate}/s for ${seconds} s: ${(await arrived()) - already} of ${sent} arrived in the page, main thread ${Math.round(share)} %, ` +
      `tasks over 50 ms ${tasks.length} (longest ${Math.round(Math.max(0, ...tasks))} ms), ` +
      `${Math.round((1000 * frames) / ms)} frames/s, heap ${Math.round(after.JSHeapUsedSize / 1e6)} MB`,
  )
  await page.close()
}
await browser.close()
await server.stop()

/** Sends at a rate, in batches; how many were sent. */
async function flood(rate, seconds) {
  const begun = Date.now()
  let sent = 0
  while (Date.now() - begun < seconds * 1000) {
    const due = Math.floor(((Date.now() - begun) / 1000) * rate)
    while (sent < due) {
      const many = Math.min(BATCH, due - sent)
      const batch = Array.from({ length: many }, (_, at) => ({
        type: 'track',
        event: `Flood ${(sent + at) % 7}`,
        userId: `user_${(sent + at) % 50}`,
        messageId: `flood-${begun}-${sent + at}`,
        properties: { number: sent + at, text: 'x'.repeat(400) },
      }))
      const response = await fetch(`${server.url}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ writeKey: web.writeKeys[0], batch }),
      })
      if (!response.ok) throw new Error(`POST /v1/batch: ${response.status}`)
      sent += many
    }
    await pause(5)
  }
  return sent
}
