// What a warehouse was loaded with: messages go into a Postgres server, stand in its tables, and the tab says so; a
// user who may not log in meanwhile is a failed row with the server's own words.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { barriers, browserOf, complaints, expect, test } from './fixtures'
import { pause, send } from './headwater.mjs'

const ws = 'shop'

test('loads into Postgres stand in the history', async ({ browser, headwater, postgres }) => {
  // What failed is tried again after a while.
  test.setTimeout(240_000)
  const { customer, url } = headwater
  const server = new URL(postgres)
  const sql = (query: string, database = 'postgres') =>
    execFileSync('psql', [`${postgres}/${database}`, '-qtAc', query], { encoding: 'utf8' }).trim()
  const database = `loads_${new URL(url).port}`
  const role = `loader_${new URL(url).port}`
  sql(`CREATE DATABASE ${database}`)
  sql(`CREATE ROLE ${role} LOGIN`)
  sql(`GRANT CREATE ON DATABASE ${database} TO ${role}`)
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'depot', name: 'Depot' },
    { ws },
  )
  const settings = {
    host: server.hostname,
    port: Number(server.port),
    database,
    user: role,
    ssl_mode: 'disable',
  }
  const { destination } = await customer.post(
    '/destinations',
    { sourceId: source.id, metadataId: 'postgres', name: 'Warehouse', enabled: true, settings },
    { ws },
  )
  const at = `/destinations/${destination.id}`
  const fares = () =>
    customer.get(`${at}/delivery`, { ws }).then(
      (answer) => answer.destination,
      () => undefined,
    )
  for (let tries = 0; tries < 200 && (await fares())?.state !== 'active'; tries += 1) await pause(50)

  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const looked = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        const file = `syncs-${name}.${colorScheme}.${width}.png`
        await page.screenshot({ path: join(import.meta.dirname, 'screenshots', file), fullPage: true })
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(sideways, `${name}, ${width} px wide`).toBeLessThanOrEqual(0)
      }
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }

  await test.step('before anything came', async () => {
    await page.goto(`/w/${ws}/destinations/${destination.id}/overview`)
    await page.getByRole('link', { name: 'Syncs' }).click()
    await expect(page.getByRole('heading', { name: 'Nothing was loaded yet' })).toBeVisible()
    await looked('empty')
  })

  await test.step('what was loaded', async () => {
    const order = (at: number) => ({
      type: 'track',
      event: 'Order Completed',
      userId: `user_${at}`,
      properties: { total: at },
    })
    await send(url, source.writeKeys[0], [order(1), order(2), order(3)])
    await expect.poll(async () => (await fares())?.delivered, { timeout: 30_000 }).toBe(3)
    expect(sql('SELECT count(*) FROM shop_depot.order_completed', database)).toBe('3')
    const complete = page.getByRole('table', { name: 'Complete' }).getByRole('row').nth(1)
    await expect(complete).toContainText('depot')
    await expect(complete.getByRole('cell').nth(3)).toHaveText('3')
    const history = page.getByRole('table', { name: 'History' })
    await expect(history.getByRole('row').filter({ hasText: 'loaded' }).first()).toBeVisible()
    await looked('loaded')
  })

  await test.step('what could not be loaded says why', async () => {
    sql(`ALTER ROLE ${role} NOLOGIN`)
    sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`)
    await send(url, source.writeKeys[0], [{ type: 'track', event: 'Order Completed', userId: 'user_4' }])
    await expect(page.getByText('The history cannot be read just now')).toBeVisible({ timeout: 30_000 })
    await expect(page.getByRole('status').filter({ hasText: 'is not permitted to log in' })).toBeVisible()
    await looked('away')
    await page.reload()
    await expect(page.getByRole('link', { name: 'Syncs' })).toBeVisible({ timeout: 30_000 })
    await expect(page.getByRole('alert').filter({ hasText: 'is not permitted to log in' })).toBeVisible()
    await expect.poll(async () => (await fares())?.retrying, { timeout: 30_000 }).toBe(1)
    sql(`ALTER ROLE ${role} LOGIN`)
    await expect.poll(async () => (await fares())?.delivered, { timeout: 90_000 }).toBe(4)
    expect(sql('SELECT count(*) FROM shop_depot.order_completed', database)).toBe('4')
    const failed = page.getByRole('table', { name: 'History' }).getByRole('row').filter({ hasText: 'failed' })
    await expect(failed.first()).toContainText('is not permitted to log in', { timeout: 60_000 })
    await looked('failed')
  })
  expect(found).toEqual([])
  await context.close()
})
