// The debugger against the log: what it shows is what is stored, in the order in which it is stored, at any pace.
import { execFileSync } from 'node:child_process'
import type { Locator, Page } from '@playwright/test'
import { browserOf, complaints, type Seeded, test, expect as within10s } from './fixtures'
import { send } from './headwater.mjs'

/** A page is busy while it is flooded, and so is a machine that does both. */
const expect = within10s.configure({ timeout: 30_000 })

const RATE = 2_000
/** How long the flood lasts; the whole of it unless somebody is in a hurry. */
const SECONDS = Number(process.env.DEBUGGER_SECONDS ?? 30)
const BATCHES_A_SECOND = 10

/** A source that nobody else sends to. */
async function newSource({ customer, url }: Seeded, slug: string) {
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug, name: slug },
    { ws: 'shop' },
  )
  const writeKey = source.writeKeys[0] as string
  await send(url, writeKey, [track('First Event')])
  return { slug, writeKey, path: `/w/shop/sources/${slug}/debugger` }
}

const track = (event: string, more: Record<string, unknown> = {}) => ({
  type: 'track',
  event,
  userId: 'user_1',
  ...more,
})

/** Positions of everything that the log holds of a source, oldest first. */
async function logOf({ customer }: Seeded, slug: string): Promise<string[]> {
  const all: string[] = []
  let before = ''
  for (;;) {
    const response = await fetch(`${customer.url}/api/sources/${slug}/messages?limit=500${before}`, {
      headers: { cookie: customer.cookie, 'headwater-workspace': 'shop' },
    })
    const page = (await response.json()) as {
      data: { messages: { position: string }[] }
      pagination: { before?: string }
    }
    all.push(...page.data.messages.map(({ position }) => position))
    if (!page.pagination.before) return all.reverse()
    before = `&before=${page.pagination.before}`
  }
}

const listOf = (page: Page) => page.getByRole('listbox', { name: 'Messages, newest first' })
const option = (page: Page, name: string) => page.getByRole('option').filter({ hasText: name }).first()

/** The rows in sight, from the top: place in the list and position in the log. */
const inSight = (list: Locator) =>
  list.evaluate((element) =>
    [...element.querySelectorAll<HTMLElement>('[role="option"]')]
      .map((row) => ({ place: Number(row.ariaPosInSet), position: row.dataset.position ?? '' }))
      .sort((a, b) => a.place - b.place),
  )

/** What the list says that it holds. */
const loaded = (list: Locator) =>
  list.evaluate(({ dataset }: HTMLElement) => ({
    arrived: Number(dataset.arrived),
    count: Number(dataset.loaded),
    oldest: dataset.oldest ?? '',
    newest: dataset.newest ?? '',
  }))

/** Fails unless every row in sight is the one that the log has at its place. */
async function expectRowsOfLog(list: Locator, log: string[]) {
  const [{ newest }, rows] = await Promise.all([loaded(list), inSight(list)])
  const end = log.indexOf(newest)
  expect(rows.length).toBeGreaterThan(5)
  for (const { place, position } of rows) expect(position).toBe(log[end - (place - 1)])
}

test('shows a flood as the log has it: none missing, none twice, in order', async ({
  browser,
  headwater,
}) => {
  test.setTimeout(SECONDS * 1000 + 180_000)
  const source = await newSource(headwater, 'flood')
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  const found = complaints(page)
  await page.goto(source.path)
  const list = listOf(page)
  await expect(page.getByRole('option')).toHaveCount(1)

  // Every state that the page was in: which stretch of the log it said to hold.
  const states = await list.evaluateHandle((element: HTMLElement) => {
    const seen: { oldest: string; newest: string; count: number; arrived: number }[] = []
    const look = () => {
      const { oldest = '', newest = '', loaded, arrived } = element.dataset
      seen.push({ oldest, newest, count: Number(loaded), arrived: Number(arrived) })
    }
    new MutationObserver(look).observe(element, { attributes: true, attributeFilter: ['data-newest'] })
    return seen
  })

  const requests: Promise<void>[] = []
  const start = Date.now()
  for (let at = 0; at < SECONDS * BATCHES_A_SECOND; at += 1) {
    const wait = start + (at * 1000) / BATCHES_A_SECOND - Date.now()
    if (wait > 0) await new Promise((done) => setTimeout(done, wait))
    const batch = Array.from({ length: RATE / BATCHES_A_SECOND }, (_, each) =>
      each % 50 === 7
        ? { type: 'track', userId: 'user_1', event: 7 }
        : track('Flood', { properties: { at, each } }),
    )
    requests.push(send(headwater.url, source.writeKey, batch))
  }
  await Promise.all(requests)

  const log = await logOf(headwater, source.slug)
  expect(log).toHaveLength(RATE * SECONDS + 1)
  await expect(list).toHaveAttribute('data-newest', log.at(-1)!, { timeout: 60_000 })

  // All of them came, and each state was one unbroken stretch of the log, ahead of the one before it.
  const place = new Map(log.map((position, at) => [position, at]))
  const seen = await states.evaluate((value) => value)
  expect(seen.length).toBeGreaterThan(SECONDS / 2)
  let last = 0
  for (const { oldest, newest, count, arrived } of seen) {
    const end = place.get(newest)
    expect(end, `${newest} stands in the log`).toBeDefined()
    expect(count).toBe(end! - place.get(oldest)! + 1)
    expect(count).toBeLessThanOrEqual(2_000)
    expect(arrived).toBe(end! + 1)
    expect(end!).toBeGreaterThan(last)
    last = end!
  }
  await expectRowsOfLog(list, log)

  // What the page has let go is loaded again by scrolling to it.
  const scroller = list.locator('xpath=..')
  const far = Math.min(log.length, 5_000)
  await expect
    .poll(
      async () => {
        await scroller.evaluate((element) => element.scrollTo({ top: element.scrollHeight }))
        return (await loaded(list)).count
      },
      { timeout: 60_000, intervals: [100] },
    )
    .toBeGreaterThanOrEqual(far)
  const { oldest, newest, count } = await loaded(list)
  expect(newest).toBe(log.at(-1))
  expect(count).toBe(log.length - place.get(oldest)!)
  await expectRowsOfLog(list, log)
  expect(found).toEqual([])
  await context.close()
})

test('does not move under its reader, and goes on where it was', async ({ browser, headwater }) => {
  const source = await newSource(headwater, 'reader')
  await send(
    headwater.url,
    source.writeKey,
    Array.from({ length: 90 }, (_, at) => track(`Before ${at}`)),
  )
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  await page.goto(source.path)
  const list = listOf(page)
  await expect(option(page, 'Before 89')).toBeVisible()

  await list.hover()
  await page.mouse.wheel(0, 900)
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveAttribute('aria-pressed', 'true')
  const before = await inSight(list)
  await send(headwater.url, source.writeKey, [
    ...Array.from({ length: 33 }, (_, at) => track(`After ${at}`)),
    { type: 'track', userId: 'user_1', event: 7 },
  ])
  const pill = page.getByRole('button', { name: '34 new, 1 not accepted' })
  await expect(pill).toBeVisible()
  expect(await inSight(list)).toEqual(before)
  await pill.click()
  await expect(option(page, 'event is a number')).toBeVisible()
  await expect(option(page, 'After 32')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Live' })).toHaveAttribute('aria-pressed', 'true')
  await expectRowsOfLog(list, await logOf(headwater, source.slug))

  // Space pauses and goes on, and is an ordinary key in a field.
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: 'Live' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('/')
  await page.keyboard.type('Before 7')
  await expect(page).toHaveURL(/q=Before/)
  await expect(page.getByRole('option').first()).toContainText('Before 79')
  await expect(page.getByRole('button', { name: 'Live' })).toHaveAttribute('aria-pressed', 'true')
  await context.close()
})

test('opens a message: as calls, as stored, what was wrong, where it went; its address survives', async ({
  browser,
  headwater,
}) => {
  const source = await newSource(headwater, 'opened')
  const digits = '12345678901234567890.10'
  const body = `{"messageId":"first","type":"track","userId":"user_9","event":"Exact","properties":{"z":${digits},"a":"pro"}}`
  const raw = await fetch(`${headwater.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${source.writeKey}:`)}`, 'content-type': 'application/json' },
    body,
  })
  expect(raw.ok).toBe(true)
  await send(headwater.url, source.writeKey, [
    track('Exact', { messageId: 'first' }),
    { type: 'track', userId: 'user_1', event: 7 },
  ])
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  const found = complaints(page)
  await page.goto(source.path)
  await expect(page.getByRole('option')).toHaveCount(4)
  const detail = page.getByRole('region', { name: 'Message', exact: true })

  // The newest by j: what was wrong with it, and how it would be right.
  await page.keyboard.press('j')
  await detail.getByRole('tab', { name: 'Violations' }).click()
  await expect(detail).toContainText('event_not_string')
  await expect(detail).toContainText('Send the name of the event as text')
  await expect(detail.getByRole('region', { name: 'corrected example' })).toContainText(
    '"event": "Order Completed"',
  )

  // The duplicate leads to the first one.
  await page.keyboard.press('j')
  await expect(detail).toContainText('a messageId that was not used before')
  await detail.getByRole('link', { name: 'Open the first message with this id' }).click()
  await expect(detail.getByText('Accepted')).toBeVisible()
  await detail.getByRole('tab', { name: 'Raw' }).click()
  await expect(detail).toContainText(digits)

  // The address alone brings all of it back.
  await page.reload()
  await expect(detail).toContainText(digits)
  await expect(page.getByRole('option', { selected: true })).toContainText('Exact')

  // Keys copy: every byte, a call, the address.
  await page.keyboard.press('c')
  await expect(page.getByText('Copied the JSON')).toBeVisible()
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  expect(await copied()).toContain(`"properties":{"z":${digits},"a":"pro"}`)
  await page.keyboard.press('u')
  await expect(page.getByText('Copied the cURL')).toBeVisible()
  expect(await copied()).toContain(source.writeKey)
  await page.keyboard.press('l')
  await expect(page.getByText('Copied the link')).toBeVisible()
  expect(await copied()).toBe(page.url())

  // A value narrows the list.
  await detail.getByRole('button', { name: '"pro"' }).click()
  await expect(page).toHaveURL(/q=text/)
  await expect(page.getByRole('option')).toHaveCount(2)
  await page.keyboard.press('Escape')
  await expect(detail).toBeHidden()
  expect(found).toEqual([])
  await context.close()
})

test('sends a message again, edited, and selects the one that arrives', async ({ browser, headwater }) => {
  const source = await newSource(headwater, 'resent')
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  await page.goto(source.path)
  await option(page, 'First Event').click()
  await page.getByRole('button', { name: 'Edit and resend' }).click()
  const dialog = page.getByRole('dialog')
  const message = dialog.getByLabel('Message', { exact: true })
  await message.fill((await message.inputValue()).replace('First Event', 'Second Event'))
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(dialog.getByText('200 Accepted')).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('option', { selected: true })).toContainText('Second Event')
  await expect(page.getByRole('region', { name: 'Message', exact: true })).toContainText('Second Event')
  await context.close()
})

test('begins with a command that works as it is pasted', async ({ browser, headwater }) => {
  await headwater.customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'empty', name: 'Empty' },
    { ws: 'shop' },
  )
  const context = await browserOf(browser, headwater.customer, headwater.url)
  const page = await context.newPage()
  await page.goto('/w/shop/sources/empty/debugger')
  const command = page.getByRole('region', { name: 'cURL that sends an event' })
  await expect(command).toContainText('/v1/track')
  const text = (await command.textContent())!
  await expect
    .poll(() => execFileSync('sh', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), {
      message: 'a new write key is known within a second',
    })
    .toContain('"success":true')
  await expect(option(page, 'First Event')).toBeVisible()
  await context.close()
})
