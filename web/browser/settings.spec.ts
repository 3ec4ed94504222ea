// The settings of a destination as people type them: a form that asks only what fits the provider, and the pace, with
// what is wrong said at its field.
import { barriers, browserOf, complaints, expect, test } from './fixtures'

const ws = 'shop'

test('a form asks only for what fits the provider', async ({ browser, headwater }) => {
  const { customer, url } = headwater
  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  await page.goto(`/w/${ws}/destinations/new/object-storage`)
  await expect(page.getByLabel('Region')).toBeVisible()
  await expect(page.getByLabel('Service account')).toHaveCount(0)
  await page.getByRole('radio', { name: 'gcs' }).check()
  await expect(page.getByLabel('Service account')).toBeVisible()
  await expect(page.getByLabel('Region')).toHaveCount(0)
  await page.getByRole('radio', { name: 'azure' }).check()
  await expect(page.getByLabel('Service account')).toHaveCount(0)
  await page.getByLabel('Source').selectOption('crm')
  await page.getByLabel('Bucket', { exact: true }).fill('events')
  await page.getByLabel('Storage account').fill('shopevents')
  expect(await barriers(page)).toEqual([])
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.method() === 'POST' && sent.url().endsWith('/api/destinations')),
    page.getByRole('button', { name: 'Add destination' }).click(),
  ])
  // What is not asked for is not sent either.
  expect(request.postDataJSON().settings).not.toHaveProperty('region')
  await page.waitForURL('**/overview')
  const id = /destinations\/([^/]+)/.exec(page.url())?.[1]
  const { destination } = await customer.get(`/destinations/${id}`, { ws })
  expect(destination.settings).toMatchObject({ provider: 'azure', bucket: 'events', account: 'shopevents' })
  await page.getByRole('link', { name: 'Settings' }).last().click()
  await expect(page.getByRole('radio', { name: 'azure' })).toBeChecked()
  await expect(page.getByLabel('Region')).toHaveCount(0)
  await customer.call('DELETE', `/destinations/${id}`, { ws })
  expect(found).toEqual([])
  await context.close()
})

test('the pace of a destination is set, and left to the installation again', async ({
  browser,
  headwater,
}) => {
  const { customer, url } = headwater
  const { destinations } = await customer.get('/destinations', { ws })
  const { id } = destinations.find(({ name }: { name: string }) => name === 'Data team')
  const pace = async () => {
    const { destination } = await customer.get(`/destinations/${id}`, { ws })
    const { ratePerSecond, concurrency, retryForHours } = destination
    return { ratePerSecond, concurrency, retryForHours }
  }
  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const save = () => page.getByRole('button', { name: 'Save pace' }).click()
  await page.goto(`/w/${ws}/destinations/${id}/settings`)
  const rate = page.getByLabel('Attempts a second')
  const wrong = page.getByText('This is not a whole number from 1 to 100,000.')
  for (const typed of ['many', '0', '1.5']) {
    await rate.fill(typed)
    await save()
    await expect(wrong).toBeVisible()
    await expect(rate).toHaveAttribute('aria-invalid', 'true')
    await expect(rate).toBeFocused()
  }
  expect(await barriers(page)).toEqual([])
  expect(await pace()).toEqual({ ratePerSecond: null, concurrency: null, retryForHours: null })
  await rate.fill('50')
  await expect(wrong).toHaveCount(0)
  await page.getByLabel('Hours of retrying').fill('24')
  await save()
  await expect(page.getByRole('status').getByText('The pace is saved')).toBeVisible()
  expect(await pace()).toEqual({ ratePerSecond: 50, concurrency: null, retryForHours: 24 })
  await page.reload()
  await expect(rate).toHaveValue('50')
  await rate.fill('')
  await page.getByLabel('Hours of retrying').fill('')
  await save()
  await expect(page.getByRole('status').getByText('The pace is saved')).toBeVisible()
  expect(await pace()).toEqual({ ratePerSecond: null, concurrency: null, retryForHours: null })
  expect(found).toEqual([])
  await context.close()
})
