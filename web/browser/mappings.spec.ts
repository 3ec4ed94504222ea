// What a destination gets of a message, as people say it: a slip in the trigger, a value picked, JSON with directives, a
// preview; then what the receiver got, what was not for it, and the way back to messages as they are.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { barriers, browserOf, complaints, expect, test } from './fixtures'
import { memberOf, pause, send } from './headwater.mjs'

const ws = 'shop'

let receiver: Server
/** What the destination got, in its order. */
const received: unknown[] = []
test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      received.push(JSON.parse(body))
      response.writeHead(200).end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
test.afterAll(async () => {
  receiver.close()
  await once(receiver, 'close')
})

test('a mapping is made, previewed, and says what is sent', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'orders', name: 'Orders' },
    { ws },
  )
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: source.id,
      metadataId: 'webhook',
      name: 'Packing',
      enabled: true,
      settings: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` },
    },
    { ws },
  )
  const fares = () =>
    customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
      (answer) => answer.destination,
      () => undefined,
    )
  for (let tries = 0; tries < 200 && (await fares())?.state !== 'active'; tries += 1) await pause(50)
  const order = (id: string) => ({
    type: 'track',
    event: 'Order Completed',
    userId: `buyer-${id}`,
    properties: { order_id: id, products: [{ sku: 'A-1' }, { sku: 'B-2' }] },
  })
  const ping = { type: 'track', event: 'Ping', userId: 'user_1' }
  await send(url, source.writeKeys[0], [order('o-1'), ping])
  await expect.poll(async () => (await fares())?.delivered).toBe(2)
  /** Sends until the destination got `wanted` of a fresh order: until then what held before may hold. */
  let fresh = 10
  const gets = async (wanted: (id: string) => unknown) => {
    for (let tries = 0; tries < 60; tries += 1) {
      fresh += 1
      const want = JSON.stringify(wanted(`o-${fresh}`))
      await send(url, source.writeKeys[0], [order(`o-${fresh}`)])
      for (let waits = 0; waits < 10; waits += 1) {
        if (received.some((body) => JSON.stringify(body) === want)) return
        await pause(50)
      }
    }
    throw new Error(`never came as wanted: ${JSON.stringify(received.slice(-3))}`)
  }

  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const looked = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        const file = `mappings-${name}.${colorScheme}.${width}.png`
        await page.screenshot({ path: join(import.meta.dirname, 'screenshots', file), fullPage: true })
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(sideways, `${name}, ${width} px wide`).toBeLessThanOrEqual(0)
      }
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }
  const preview = page.getByRole('status').filter({ hasText: 'looked at' })
  const look = () => page.getByRole('button', { name: 'Preview', exact: true }).click()
  const row = page.getByRole('table', { name: 'Mappings' }).getByRole('row', { name: /Parcels/ })

  await test.step('a slip in the trigger is shown where it is, one in JSON at its field', async () => {
    await page.goto(`/w/${ws}/destinations/${destination.id}/overview`)
    await page.getByRole('link', { name: 'Mappings' }).click()
    await expect(page.getByText('Every message goes as the settings say.')).toBeVisible()
    await looked('none')
    await page.getByRole('link', { name: 'New mapping' }).click()
    await expect(page.getByText('is not sent').first()).toBeVisible()
    await page.getByLabel('Name').fill('Parcels')
    await page.getByLabel('Trigger').fill("event == 'Order Completed'")
    await look()
    await expect(page.locator('mark')).toHaveText("== 'Order Completed'")
    await page.getByLabel('Trigger').fill("event = 'Order Completed'")
    await page.getByRole('radio', { name: 'JSON' }).check()
    await page.getByLabel('Data: JSON').fill('{ "order": ')
    await look()
    await expect(page.getByLabel('Data: JSON')).toHaveAttribute('aria-invalid', 'true')
    await page.getByLabel('Data: JSON').fill('{ "order": { "@path": 5 } }')
    await look()
    await expect(page.getByLabel('Data: JSON')).toHaveAttribute('aria-invalid', 'true')
    await looked('slip')
  })

  await test.step('the preview shows what would be sent', async () => {
    await page
      .getByLabel('Data: JSON')
      .fill(
        '{ "order": { "@path": "$.properties.order_id" }, "items": { "@arrayPath": ["$.properties.products", { "@path": "$.sku" }] } }',
      )
    await look()
    await expect(preview).toContainText(/are mapped\s*1/)
    await expect(preview).toContainText(/are not for it\s*1/)
    await expect(page.getByRole('region', { name: 'After, message 1' })).toContainText('"order": "o-1"')
    await looked('preview')
  })

  await test.step('saved, the receiver gets that, and nothing else', async () => {
    await page.getByRole('button', { name: 'Create mapping' }).click()
    await expect(row).toContainText("event = 'Order Completed'")
    await looked('list')
    await gets((id) => ({ order: id, items: ['A-1', 'B-2'] }))
    await expect.poll(async () => (await fares())?.pending).toBe(0)
    received.length = 0
    await send(url, source.writeKeys[0], [ping, order('o-2')])
    await expect.poll(() => received).toEqual([{ order: 'o-2', items: ['A-1', 'B-2'] }])
    await page.goto(`/w/${ws}/destinations/${destination.id}/delivery`)
    await page.getByRole('button', { name: 'Filtered at destination' }).click()
    await expect(page.getByRole('list', { name: 'Reasons' })).toContainText('NO_MATCHING_MAPPING')
  })

  await test.step('a value of a recent message is picked, and put into text', async () => {
    await page.getByRole('link', { name: 'Mappings' }).click()
    await page.getByRole('link', { name: 'Parcels' }).click()
    await expect(page.getByLabel('Data: JSON')).toHaveValue(/"@arrayPath"/)
    await page.getByRole('radio', { name: 'A value of the message' }).check()
    await expect(page.locator('datalist option[value="properties.products[0].sku"]')).toHaveCount(1)
    await page.getByLabel('Data: place in the message').fill('properties.order_id')
    await page.getByRole('radio', { name: 'Text' }).check()
    await expect(page.getByLabel('Data: text')).toHaveValue('{{properties.order_id}}')
    await page.getByLabel('Data: text').press('End')
    await page.getByLabel('Data: text').pressSequentially(' for ')
    await page.getByLabel('Insert a value into Data').selectOption('userId')
    await expect(page.getByLabel('Data: text')).toBeFocused()
    await expect(page.getByLabel('Data: text')).toHaveValue('{{properties.order_id}} for {{userId}}')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(row).toContainText('{{properties.order_id}} for {{userId}}')
    await gets((id) => `${id} for buyer-${id}`)
  })

  await test.step('who may only look changes nothing', async () => {
    const roles = ['source_read_only', 'destination_read_only']
    const reader = await memberOf(headwater, ws, 'Ruth Wald', 'ruth@shop.example', roles)
    const theirs = await browserOf(browser, reader, url)
    const other = await theirs.newPage()
    await other.goto(`/w/${ws}/destinations/${destination.id}/mappings`)
    await expect(other.getByRole('switch', { name: 'Mapping Parcels' })).toBeDisabled()
    await expect(other.getByRole('link', { name: 'New mapping' })).toHaveCount(0)
    await other.getByRole('link', { name: 'Parcels' }).click()
    await expect(other.getByRole('button', { name: 'Save', exact: true })).toBeDisabled()
    await theirs.close()
  })

  await test.step('switched off it stops everything, and says so; deleted, messages go as they are', async () => {
    await page.getByRole('switch', { name: 'Mapping Parcels' }).click()
    await expect(page.getByText('All mappings are off, so no message is sent.')).toBeVisible()
    await looked('off')
    await page.getByRole('link', { name: 'Parcels' }).click()
    await page.getByRole('button', { name: 'Delete mapping' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'No mappings' })).toBeVisible()
    received.length = 0
    const whole = () => received.some((body) => (body as { event?: string }).event === 'Order Completed')
    for (let tries = 0; tries < 60 && !whole(); tries += 1) {
      await send(url, source.writeKeys[0], [order('o-9')])
      await pause(200)
    }
    expect(whole()).toBe(true)
  })
  expect(found).toEqual([])
  await context.close()
})
