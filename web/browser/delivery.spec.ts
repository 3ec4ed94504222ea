// What becomes of messages, as people look at it: the overview with why and samples, the balance sheet, and a replay
// from its count to what was refused.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { barriers, browserOf, complaints, expect, type Seeded, test } from './fixtures'
import { pause, send } from './headwater.mjs'

const ws = 'shop'

let receiver: Server
let received: string[] = []
test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const refused = body.includes('Parcel Lost')
      if (!refused) received.push(body)
      response.writeHead(refused ? 400 : 200).end(refused ? 'no parcels here' : '')
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
test.afterAll(async () => {
  receiver.close()
  await once(receiver, 'close')
})

/** A source of its own with a destination that refuses lost parcels, and what came of twelve messages. */
async function parcels({ customer, url }: Seeded) {
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'parcels', name: 'Parcels' },
    { ws },
  )
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: source.id,
      metadataId: 'webhook',
      name: 'Depot',
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
  const track = (event: unknown, at: number) => ({
    type: 'track',
    event,
    userId: `user_${at}`,
    messageId: `parcel-${event}-${at}`,
  })
  await send(url, source.writeKeys[0], [
    ...Array.from({ length: 8 }, (_, at) => track('Parcel Sent', at)),
    ...Array.from({ length: 3 }, (_, at) => track('Parcel Lost', at)),
    track(7, 0),
  ])
  for (let tries = 0; tries < 200 && (await fares())?.pending !== 0; tries += 1) await pause(50)
  return destination.id as string
}

test('why messages did not arrive, the books, and a replay of them', async ({ browser, headwater }) => {
  const id = await parcels(headwater)
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  const found = complaints(page)
  const clear = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }

  await test.step('the overview says why, with what was sent and answered', async () => {
    await page.goto(`/w/${ws}/destinations/${id}/delivery`)
    await expect(
      page.getByText('✓ 12 received = 1 failed on ingest + 3 failed delivery + 8 delivered'),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Failed delivery' }).click()
    const reasons = page.getByRole('list', { name: 'Reasons' })
    await expect(reasons.getByRole('listitem')).toHaveCount(1)
    await reasons.locator('summary').click()
    await expect(reasons.getByText('What to do:')).toBeVisible()
    await expect(reasons.getByText('no parcels here')).toHaveCount(3)
    await clear()
    await reasons.getByRole('button', { name: 'Show message' }).first().click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByRole('region', { name: 'What you sent' })).toContainText('Parcel Lost')
    await expect(dialog.getByText(/^POST http:/)).toBeVisible()
    await expect(dialog.getByText('no parcels here')).toBeVisible()
    await clear()
    await page.keyboard.press('Escape')
    await page.getByLabel('Period').selectOption('1h')
    await expect(page).toHaveURL(/period=1h/)
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await expect(
      page.getByRole('table', { name: 'Events' }).getByRole('row', { name: /track.*8.*0.*3/ }),
    ).toBeVisible()
  })

  await test.step('the source says the same of all its destinations', async () => {
    await page.goto(`/w/${ws}/sources/parcels/delivery`)
    await expect(
      page.getByText('✓ 12 received = 1 failed on ingest + 11 eligible for destinations'),
    ).toBeVisible()
    await expect(
      page.getByRole('table', { name: 'At each destination' }).getByRole('row', { name: 'Depot 0 0 0 3 8' }),
    ).toBeVisible()
    await clear()
  })

  await test.step('the balance sheet adds up, and is a file', async () => {
    await page.getByRole('link', { name: 'Balance sheet' }).click()
    await expect(page.getByText('Every message is accounted for.')).toBeVisible()
    const total = page.getByRole('table', { name: 'Balance at Depot' }).getByRole('row', { name: /^Total/ })
    await expect(total).toContainText('Adds up.')
    await clear()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    expect((await download).suggestedFilename()).toMatch(/^shop-parcels-balance--.*\.csv$/)
  })

  await test.step('what would be replayed is counted, and nothing is sent', async () => {
    received = []
    await page.goto(`/w/${ws}/destinations/${id}/replays`)
    await page.getByRole('link', { name: 'New replay' }).click()
    await page.getByRole('button', { name: '+ Parcel Sent' }).click()
    await page.getByLabel('Name of an event').fill('Parcel Lost')
    await page.getByLabel('Name of an event').press('Enter')
    await clear()
    await page.getByRole('button', { name: 'Count messages' }).click()
    await expect(page.getByText('Ready to start')).toBeVisible()
    await expect(page.getByText(/^11 messages, /)).toBeVisible()
    await clear()
    expect(received).toEqual([])
  })

  await test.step('started, it comes to its end and shows what was refused', async () => {
    await page.getByRole('button', { name: 'Start replay' }).click()
    await expect(page.getByText('Everything was sent; some of it was refused.')).toBeVisible()
    await expect(page.getByText('✓ 11 found = 8 delivered + 3 refused')).toBeVisible()
    const refused = page.getByRole('table', { name: 'Refused messages' })
    await expect(refused.getByText('no parcels here')).toHaveCount(3)
    await clear()
    expect(received).toHaveLength(8)
    for (const body of received) expect(body).toContain('"replay"')
    await refused
      .getByRole('link', { name: /^Open message/ })
      .first()
      .click()
    await expect(page.getByRole('region', { name: 'Message', exact: true })).toContainText('Parcel Lost')
  })

  await test.step('another one is cancelled before it sends', async () => {
    await page.goto(`/w/${ws}/destinations/${id}/replays/new`)
    await page.getByRole('button', { name: 'Count messages' }).click()
    await expect(page.getByText('Ready to start')).toBeVisible()
    await page.getByRole('button', { name: 'Cancel replay' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel replay' }).click()
    await expect(page.getByText('11 messages not sent.')).toBeVisible()
    await page.getByRole('link', { name: '← All replays' }).click()
    const list = page.getByRole('table', { name: 'Replays' })
    await expect(list.getByText('Cancelled')).toBeVisible()
    await expect(list.getByText('Done')).toBeVisible()
    await clear()
    expect(received).toHaveLength(8)
  })
  expect(found).toEqual([])
  await context.close()
})
