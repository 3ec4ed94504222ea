// A tracking plan from its making to what it lets out again: a starter of the Spec, a source that is held to it, a
// message that breaks it and waits, the plan mended, the message released and delivered.
import { readFileSync } from 'node:fs'
import { barriers, browserOf, complaints, expect, type Seeded, test } from './fixtures'
import { memberOf, pause, send } from './headwater.mjs'

const ws = 'shop'

/** A source that nobody else sends to, with a destination that takes everything. */
async function newSource({ customer, url }: Seeded, slug: string, name: string) {
  const { source } = await customer.post('/sources', { metadataId: 'http-api', slug, name }, { ws })
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: source.id,
      metadataId: 'webhook',
      name: 'Ledger',
      enabled: true,
      settings: { url: `${url}/v1/m` },
    },
    { ws },
  )
  const routed = () =>
    customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
      () => true,
      () => false,
    )
  for (let tries = 0; tries < 100 && !(await routed()); tries += 1) await pause(50)
  return source.writeKeys[0] as string
}

const order = (messageId: string, total: unknown) => ({
  type: 'track',
  event: 'Order Completed',
  userId: 'user_1',
  messageId,
  properties: { order_id: messageId, total },
})

test('a tracking plan holds a message back, is mended, and lets it out', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const writeKey = await newSource(headwater, 'till', 'Till')
  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const dialog = page.getByRole('dialog')
  const toast = (text: string) => page.getByRole('status').getByText(text)
  const tab = (name: string) =>
    page.getByRole('navigation', { name: 'Pages of the tracking plan' }).getByRole('link', { name })
  const clear = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }
  await send(url, writeKey, [order('o-0', 9.5), { ...order('o-00', 1), event: 'Postcard Sent' }])

  await test.step('make a plan of a starter', async () => {
    await page.goto(`/w/${ws}/tracking-plans`)
    await page.getByRole('link', { name: 'New tracking plan' }).click()
    await page.getByLabel('Category of the Spec').selectOption('Ecommerce')
    await page.getByRole('textbox', { name: 'Name' }).fill('Till events')
    await page.getByRole('button', { name: 'Create tracking plan' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Till events' })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Order Completed' })).toBeVisible()
  })

  await test.step('connect a source, and read what that comes to', async () => {
    await tab('Sources').click()
    await page.getByRole('button', { name: 'Connect source' }).click()
    await dialog.getByLabel('Source', { exact: true }).selectOption('till')
    const consequences = dialog.getByRole('table', { name: 'Consequences' })
    await expect(consequences.getByText('Events that break their rule are allowed.')).toBeVisible()
    await expect(dialog.getByText('Postcard Sent')).toBeVisible()
    await clear()
    await dialog.getByRole('button', { name: 'Connect source' }).click()
    await expect(toast('Till is held to the plan from now on')).toBeVisible()
    await page.getByRole('link', { name: 'Schema configuration' }).click()
  })

  await test.step('what breaks a rule is to wait in quarantine', async () => {
    await page.getByLabel('track: JSON schema violations').selectOption('Block Event')
    await expect(page.getByText('Those that break their rule are discarded')).toBeVisible()
    await page.getByLabel('track: what is blocked').selectOption('Quarantine')
    await expect(page.getByText('Those that break their rule wait in quarantine')).toBeVisible()
    await page.getByRole('button', { name: 'Save schema configuration' }).click()
    await expect(toast('The schema configuration is saved')).toBeVisible()
  })

  // It is in effect within a second; until then the source takes what breaks the plan.
  const waiting = async () => (await customer.get('/sources/till/quarantine', { ws })).messages as number
  for (let at = 1; at <= 100 && (await waiting()) === 0; at += 1) {
    await send(url, writeKey, [order(`bad-${at}`, '12.50'), order(`good-${at}`, 12.5)])
    await pause(100)
  }
  const many = await waiting()

  await test.step('see what is wrong', async () => {
    await page.getByRole('link', { name: 'Schema', exact: true }).click()
    await expect(page.getByText('unplanned').first()).toBeVisible()
    await page.getByRole('link', { name: 'Violations' }).click()
    await page.getByRole('link', { name: 'Order Completed' }).click()
    const detail = page.getByRole('table', { name: 'Violations of Order Completed' })
    await expect(detail.getByText('properties.total', { exact: true })).toBeVisible()
    await expect(detail.getByText('Invalid type. Expected: number, given: string')).toBeVisible()
    await clear()
    await detail.getByRole('link', { name: /^Sample 1/ }).click()
    await expect(
      page.getByRole('heading', { name: 'properties.total: Invalid type. Expected: number, given: string' }),
    ).toBeVisible()
    await page.goBack()
    await expect(detail).toBeVisible()
  })

  await test.step('mend the plan, with what that breaks', async () => {
    await page.getByRole('link', { name: 'Till events' }).click()
    await page.getByRole('link', { name: 'Order Completed' }).click()
    await page.getByRole('button', { name: 'Edit order_id' }).click()
    await dialog.getByLabel('Required').check()
    await dialog.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('button', { name: 'Edit total' }).click()
    await dialog.getByLabel('Data type').selectOption('any')
    await dialog.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('button', { name: 'Review changes' }).click()
    await expect(dialog.getByText('1 change breaks what conforms today.')).toBeVisible()
    await expect(
      dialog.getByRole('row', { name: /properties\.order_id Required from now on.*breaking/ }),
    ).toBeVisible()
    await expect(dialog.getByRole('row', { name: /properties\.total More types.*compatible/ })).toBeVisible()
    await clear()
    await dialog.getByRole('button', { name: 'Save rule' }).click()
    await expect(toast('The rule is saved')).toBeVisible()
    await tab('Versions').click()
    await expect(page.getByRole('row', { name: /Version 2.*carl@shop\.example/ })).toBeVisible()
  })

  await test.step('release what waits', async () => {
    await page.goto(`/w/${ws}/sources/till/schema/quarantine`)
    await expect(
      page.getByRole('heading', { name: many === 1 ? '1 message waits' : `${many} messages wait` }),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Release' }).click()
    await dialog.getByRole('button', { name: 'Release' }).click()
    await expect(page.getByText(/(was|were) accepted and (go|goes) to the destinations/)).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Nothing waits in quarantine' })).toBeVisible()
  })

  await test.step('see it delivered', async () => {
    await page.getByRole('link', { name: 'See them in the Debugger' }).click()
    await page.getByRole('option').filter({ hasText: 'Order Completed' }).first().click()
    await page.getByRole('tab', { name: 'Delivery' }).click()
    await expect(page.getByText('Delivered').first()).toBeVisible()
  })
  expect(found).toEqual([])
  await context.close()
})

test('an event is switched off for a destination, and blocked', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const writeKey = await newSource(headwater, 'kiosk', 'Kiosk')
  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  let number = 0
  /** What the newest message of the event became, sent again until it is `wanted`. */
  const becomes = async (wanted: RegExp) => {
    let seen = ''
    for (let at = 0; at < 100 && !wanted.test(seen); at += 1) {
      number += 1
      const id = `ping-${number}`
      await send(url, writeKey, [{ ...order(id, 1), event: 'Debug Ping' }])
      await pause(100)
      seen = JSON.stringify(await customer.get(`/sources/kiosk/trace/${id}`, { ws }))
    }
    expect(seen).toMatch(wanted)
  }
  await becomes(/"outcome":"delivered"|delivered/)

  await page.goto(`/w/${ws}/sources/kiosk/schema`)
  await expect(page.getByRole('img', { name: /^Debug Ping over the last 24/ })).toBeVisible()
  await page.getByText('Debug Ping', { exact: true }).click()
  await page.getByRole('switch', { name: 'Send Debug Ping to Ledger' }).click()
  await expect(page.getByText('to 0 of 1 destinations')).toBeVisible()
  await becomes(/FILTERED_BY_EVENT_SETTING/)
  await page.getByRole('switch', { name: 'Let Debug Ping through' }).click()
  await expect(page.locator('summary', { hasText: 'Debug Ping' })).toContainText('blocked')
  await becomes(/event_setting/)
  await page.getByRole('switch', { name: 'Let Debug Ping through' }).click()
  await page.getByRole('switch', { name: 'Send Debug Ping to Ledger' }).click()
  await becomes(/delivered/)
  expect(found).toEqual([])
  await context.close()
})

test('a reader of tracking plans is offered no change, an admin of them is', async ({
  browser,
  headwater,
}) => {
  const { customer, url } = headwater
  const { starter } = await customer.get('/tracking-plans/starters/Email', { ws })
  await customer.post('/tracking-plans', { name: 'Read only', type: 'LIVE' }, { ws })
  await customer.get('/tracking-plans/read-only', { ws })
  const rules = starter.rules.slice(0, 2)
  await customer.patch('/tracking-plans/read-only/rules', { rules }, { ws, etag: customer.etag })
  const readers = ['tracking_plan_read_only', 'source_read_only']
  const rolf = await memberOf(headwater, ws, 'Rolf Lind', 'rolf@shop.example', readers)
  const anna = await memberOf(headwater, ws, 'Anna Lind', 'anna@shop.example', [
    'tracking_plan_admin',
    'source_admin',
  ])
  const name = rules[0].key as string
  const rule = encodeURIComponent(`TRACK 1 ${name}`)
  const context = await browserOf(browser, rolf, url)
  const page = await context.newPage()
  const found = complaints(page)
  const said = page.getByText('You see this tracking plan, and cannot change it.')

  await page.goto(`/w/${ws}/tracking-plans`)
  await page.getByRole('link', { name: 'Read only' }).click()
  await expect(said).toBeVisible()
  await expect(page.getByRole('link', { name: 'Add rule' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: `Remove ${name}` })).toBeDisabled()
  for (const [path, button] of [
    [`rules?rule=${rule}`, 'Review changes'],
    ['sources', 'Connect source'],
    ['settings', 'Save'],
    ['settings', 'Delete tracking plan'],
    ['import', 'Review changes'],
  ] as const) {
    await page.goto(`/w/${ws}/tracking-plans/read-only/${path}`)
    await expect(said).toBeVisible()
    await expect(page.getByRole('button', { name: button, exact: true })).toBeDisabled()
    expect(await barriers(page), path).toEqual([])
  }
  await page.goto(`/w/${ws}/tracking-plans`)
  await expect(page.getByRole('link', { name: 'New tracking plan' })).toHaveCount(0)
  await context.close()

  const theirs = await browserOf(browser, anna, url)
  const admin = await theirs.newPage()
  await admin.goto(`/w/${ws}/tracking-plans/read-only/rules`)
  await admin.getByRole('button', { name: `Remove ${name}` }).click()
  await admin.getByRole('dialog').getByRole('button', { name: 'Remove rule' }).click()
  await expect(admin.getByRole('button', { name: `Remove ${name}` })).toHaveCount(0)
  await expect(admin.getByText('You see this tracking plan')).toHaveCount(0)
  await theirs.close()
  expect(found).toEqual([])
})

test('what a source sends is downloaded as the API writes it', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const writeKey = await newSource(headwater, 'stall', 'Stall')
  await send(url, writeKey, [
    order('stall-1', 1),
    { type: 'identify', userId: 'user_1', traits: { plan: 'pro' } },
  ])
  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const table = async (label: string) => {
    await page.getByRole('button', { name: 'Download CSV…' }).click()
    await page.getByRole('dialog').getByLabel(label).check()
    expect(await barriers(page)).toEqual([])
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').getByRole('button', { name: 'Download' }).click(),
    ])
    await expect(page.getByRole('dialog')).toHaveCount(0)
    return { name: file.suggestedFilename(), lines: readFileSync(await file.path(), 'utf8').split('\r\n') }
  }
  await page.goto(`/w/${ws}/sources/stall/schema`)
  await expect(page.getByText('Order Completed', { exact: true })).toBeVisible()
  const events = await table('Events')
  expect(events.name).toMatch(/^shop-stall-.*\.csv$/i)
  expect(events.lines[0]).toMatch(/^Event Name,/)
  // The event itself, and each of its properties.
  const rows = events.lines.filter((line) => line.startsWith('Order Completed,'))
  expect(rows.map((line) => line.split(',')[2])).toEqual(['', 'order_id', 'total'])
  const traits = await table('Traits of people')
  expect(traits.lines[0]).toMatch(/^Trait Name,/)
  expect(traits.lines[1]).toMatch(/^plan,/)
  await context.close()
})
