// What the story does not come by: refusals and questions, removals, edits, what is delivered again, a second factor.
// People click where the click is the point; what has to be there before is made by the API.
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from '@playwright/test'
import { browserOf, complaints, expect, type Seeded, test } from './fixtures'
import { apply, memberOf, PASSWORD, Person, programme, send } from './headwater.mjs'

/** Pages that were opened in a test, each with what it complained about. */
const opened: { page: Page; found: string[] }[] = []

/** A page of somebody's own browser; of somebody who has not signed in where there is no person. */
async function pageOf(browser: Browser, { url }: Seeded, person: Person | null) {
  const context = await browserOf(browser, person, url)
  const page = await context.newPage()
  opened.push({ page, found: complaints(page) })
  return page
}

test.afterEach(async () => {
  const all = opened.splice(0)
  for (const { page } of all) await page.context().close()
  expect(all.flatMap(({ found }) => found)).toEqual([])
})

/** Somebody with an account and a verified address. */
const joined = ({ url, operator }: Seeded, name: string, address: string) =>
  new Person(url, address, url).join(name, { operator })

const h1 = (page: Page, name: string | RegExp) =>
  expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
const dialog = (page: Page) => page.getByRole('dialog')
/** Presses the button of a dialog, which closes then. */
async function press(page: Page, name: string) {
  await dialog(page).getByRole('button', { name, exact: true }).click()
  await expect(dialog(page)).toHaveCount(0)
}

/** Confirms by typing; before that, nothing can be pressed. */
async function typeToConfirm(page: Page, text: string, action: string) {
  const button = dialog(page).getByRole('button', { name: action, exact: true })
  const field = dialog(page).getByLabel(/^Type .* to confirm/)
  await expect(button).toBeDisabled()
  await field.fill(text.slice(0, -1))
  await expect(button).toBeDisabled()
  await field.fill(text)
  await button.click()
  await expect(dialog(page)).toHaveCount(0)
}

test('an applicant is asked, answers, and is declined', async ({ browser, headwater }) => {
  const person = await joined(headwater, 'Ada Frei', 'ada@kuvert.example')
  const { id } = await apply(person, {
    companyName: 'Kuvert AG',
    companyWebsite: 'https://kuvert.example',
    dataIn: 'By hand',
    dataOut: 'Letter Sent',
    usedFor: 'Letters',
    heardFrom: 'A friend',
  })
  const operator = await pageOf(browser, headwater, headwater.operator)
  await operator.goto('/platform/applications')
  await operator.getByRole('link', { name: 'Kuvert AG' }).click()
  await operator.getByRole('button', { name: 'Ask…' }).click()
  await dialog(operator).getByLabel('Your question').fill('Who would use it?')
  await press(operator, 'Ask')
  await expect(operator.getByText(/^You have asked/)).toBeVisible()
  // Until there is an answer, there is nothing to approve.
  await expect(operator.getByRole('button', { name: 'Approve and invite' })).toHaveCount(0)

  const applicant = await pageOf(browser, headwater, person)
  await applicant.goto('/partner/application')
  await expect(applicant.getByText('Who would use it?').first()).toBeVisible()
  await applicant.getByLabel('Your answer').fill('Shops that send letters.')
  await applicant.getByRole('button', { name: 'Send answer' }).click()
  await expect(applicant.getByRole('button', { name: 'Send answer' })).toHaveCount(0)

  await operator.goto(`/platform/applications/${id}`)
  await expect(operator.getByText('Shops that send letters.')).toBeVisible()
  await operator.getByRole('button', { name: 'Decline…' }).click()
  await dialog(operator).getByLabel('Reason').fill('There is no product yet.')
  await press(operator, 'Decline')
  await expect(operator.getByText('Declined', { exact: true }).first()).toBeVisible()

  await applicant.reload()
  await expect(applicant.getByText('There is no product yet.')).toBeVisible()
  await applicant.getByRole('button', { name: 'Apply again' }).click()
  await expect(applicant.getByLabel('What is your company called?')).toHaveValue('Kuvert AG')
})

test('a private beta is approved, and added by its link', async ({ browser, headwater }) => {
  const { build, install, submit, pass } = programme(headwater, 'acme-test')
  const forms = await build('Acme Forms', 'acme-forms')
  await install(forms.id, 'acme-forms')
  await pass(await submit(forms.id))

  const operator = await pageOf(browser, headwater, headwater.operator)
  await operator.goto('/platform/reviews')
  await operator.getByRole('link', { name: 'Acme Forms' }).click()
  await operator.getByRole('button', { name: 'Approve as private beta…' }).click()
  await press(operator, 'Approve')
  await expect(operator.getByRole('main')).toContainText('Private beta')

  const partner = await pageOf(browser, headwater, headwater.partner)
  await partner.goto('/dev-portal/integrations/acme-forms/settings')
  await partner.getByRole('button', { name: /^Copy.*install link/i }).click()
  const link = await partner.evaluate(() => navigator.clipboard.readText())
  await partner.goto('/catalog?q=acme')
  await expect(partner.getByRole('link', { name: /Acme Push/ }).first()).toBeVisible()
  await expect(partner.getByRole('link', { name: /Acme Forms/ })).toHaveCount(0)

  // Somebody who has the link, and signs in on the way.
  const customer = await pageOf(browser, headwater, null)
  await customer.goto(link)
  await customer.getByLabel('E-mail').fill(headwater.customer.email)
  await customer.getByLabel('Password').fill(PASSWORD)
  await customer.getByRole('button', { name: 'Sign in' }).click()
  await customer.waitForURL('**/w/shop/catalog/acme-forms')
  await customer.getByRole('main').getByRole('button', { name: 'Add source' }).click()
  await dialog(customer).getByRole('button', { name: 'Add source' }).click()
  await customer.waitForURL('**/w/shop/sources/acme-forms/overview')
  await h1(customer, /Acme Forms/)
})

test('an edit is reviewed as what it changes, and published', async ({ browser, headwater }) => {
  const { pass } = programme(headwater, 'acme-test')
  const words = 'Now with pushes of every colour.'
  const partner = await pageOf(browser, headwater, headwater.partner)
  await partner.goto('/dev-portal/integrations/acme-push/catalog-info')
  await partner.getByLabel('Description', { exact: true }).fill(words)
  await expect(partner.getByText(/^Saved/).first()).toBeVisible()
  await partner.getByRole('navigation', { name: 'Acme Push' }).getByRole('link', { name: 'Review' }).click()
  await partner.getByRole('button', { name: 'Submit for review…' }).click()
  await press(partner, 'Submit')
  await expect(partner.getByText(/^Round 2 was submitted/)).toBeVisible()

  // Customers read what was approved meanwhile.
  const visitor = await pageOf(browser, headwater, null)
  await visitor.goto('/catalog/acme-push')
  await expect(visitor.getByText('who opened a mail, and when')).toBeVisible()

  const { submissions } = await headwater.operator.get('/reviews')
  const edit = submissions.find(({ slug }: { slug: string }) => slug === 'acme-push')
  await pass(edit)
  const operator = await pageOf(browser, headwater, headwater.operator)
  await operator.goto('/platform/reviews')
  await operator.getByRole('link', { name: 'Acme Push' }).click()
  await operator.getByRole('link', { name: 'Listing (1 changed)' }).click()
  await expect(operator.locator('ins')).toContainText(words)
  await expect(operator.locator('del').first()).toContainText('brings what people do')
  await operator.getByRole('button', { name: 'Publish edit…' }).click()
  await press(operator, 'Publish')
  await expect(operator.getByRole('main')).toContainText('Approved')
  // What it changed is told afterwards too.
  await expect(operator.locator('ins')).toContainText(words)

  await visitor.reload()
  await expect(visitor.getByText(words)).toBeVisible()
  await expect(visitor.getByText('who opened a mail, and when')).toHaveCount(0)
})

test('an account becomes an operator, and is none any more', async ({ browser, headwater }) => {
  const person = await joined(headwater, 'Otto Lind', 'otto@headwater.example')
  const operator = await pageOf(browser, headwater, headwater.operator)
  await operator.goto('/platform/accounts')
  await operator.getByLabel('Search accounts').fill('otto')
  const row = operator.getByRole('row', { name: /Otto Lind/ })
  await expect(operator.getByRole('row')).toHaveCount(2)
  await row.getByRole('button', { name: 'Make operator…' }).click()
  await press(operator, 'Make operator')
  await expect(row.getByRole('button', { name: 'Unmake operator…' })).toBeVisible()

  const otto = await pageOf(browser, headwater, person)
  await otto.goto('/account')
  await otto.getByRole('button', { name: 'Account', exact: true }).click()
  await otto.getByRole('menuitem', { name: 'Operations' }).click()
  await h1(otto, 'Applications')

  await row.getByRole('button', { name: 'Unmake operator…' }).click()
  await press(operator, 'Unmake operator')
  await expect(row.getByRole('button', { name: 'Make operator…' })).toBeVisible()
  await otto.reload()
  await h1(otto, 'There is nothing here')
})

test('members of a workspace and of a partner team are removed', async ({ browser, headwater }) => {
  const { customer, partner, operator } = headwater
  const nina = await memberOf(headwater, 'shop', 'Nina Roth', 'nina@shop.example', ['workspace_member'])
  await partner.post('/partner/invitations', { email: nina.email, role: 'builder' })
  await nina.post('/partner/accept', { token: await operator.token(nina.email) })

  const removed = await pageOf(browser, headwater, nina)
  await removed.goto('/dev-portal/team')
  await h1(removed, 'Team')
  await removed.goto('/w/shop/sources')
  await h1(removed, 'Sources')

  const owner = await pageOf(browser, headwater, customer)
  await owner.goto('/w/shop/settings/members')
  const row = owner.getByRole('row', { name: /Nina Roth/ })
  await row.getByRole('button', { name: 'Remove' }).click()
  await expect(dialog(owner)).toContainText('nina@shop.example loses every right')
  await press(owner, 'Remove')
  await expect(row).toHaveCount(0)
  await removed.reload()
  await h1(removed, 'There is nothing here')

  const admin = await pageOf(browser, headwater, partner)
  await admin.goto('/dev-portal/team')
  await admin.getByRole('button', { name: 'Remove Nina Roth' }).click()
  await press(admin, 'Remove')
  await expect(admin.getByRole('row', { name: /Nina Roth/ })).toHaveCount(0)
  await removed.goto('/dev-portal/team')
  await h1(removed, 'There is nothing here')
})

test('a source, a workspace and an account are deleted, each by typing its name', async ({
  browser,
  headwater,
}) => {
  const { url } = headwater
  const person = await joined(headwater, 'Dora Hall', 'dora@bakery.example')
  await person.post('/workspaces', { name: 'Bakery', slug: 'bakery' })
  const { source } = await person.post(
    '/sources',
    { metadataId: 'http-api', slug: 'till', name: 'Till' },
    { ws: 'bakery' },
  )
  const [writeKey] = source.writeKeys
  await send(url, writeKey, [{ type: 'track', event: 'Bread Sold', userId: 'u' }])

  const page = await pageOf(browser, headwater, person)
  await page.goto('/w/bakery/sources/till/settings')
  await page.getByRole('button', { name: 'Delete source' }).click()
  await typeToConfirm(page, 'till', 'Delete source')
  await page.waitForURL('**/w/bakery/sources')
  await expect(page.getByRole('row', { name: /Till/ })).toHaveCount(0)
  await expect
    .poll(async () => (await fetch(`${url}/v1/projects/${writeKey}/settings`)).status, {
      message: 'the write key stops working within a second',
    })
    .toBe(404)

  await page.goto('/w/bakery/settings/general')
  await page.getByRole('button', { name: 'Delete workspace' }).click()
  await typeToConfirm(page, 'bakery', 'Delete workspace')
  await page.waitForURL('**/workspaces/new')
  await page.goto('/w/bakery')
  await h1(page, 'There is nothing here')

  await page.goto('/account')
  await page.getByRole('button', { name: 'Delete account…' }).click()
  await typeToConfirm(page, person.email, 'Delete account')
  await page.waitForURL('**/login')
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(page).toHaveURL(/\/login$/)
})

/** A partner's receiver, which answers as it is told. */
async function receiver() {
  const state = { status: 200, headers: {} as Record<string, string>, got: [] as string[] }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      state.got.push(JSON.parse(body).event)
      response.writeHead(state.status, state.headers).end(`answered with ${state.status}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(state, { url: `http://127.0.0.1:${port}/hook`, close: () => server.close() })
}

test('what a receiver refused is explained, what it could not take is delivered again', async ({
  browser,
  headwater,
}) => {
  const ws = 'shop'
  const hook = await receiver()
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
      name: 'Warehouse',
      enabled: true,
      settings: { url: hook.url },
    },
    { ws },
  )
  await expect
    .poll(() =>
      customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  const track = async (event: string) => {
    await send(url, source.writeKeys[0], [{ type: 'track', event, userId: `u-${event}` }])
    await expect.poll(() => hook.got).toContain(event)
  }
  hook.status = 400
  await track('Order Refused')
  // It asks for more time than a message is tried again.
  Object.assign(hook, { status: 503, headers: { 'retry-after': '86400' } })
  await track('Order Stuck')
  Object.assign(hook, { status: 200, headers: {} })

  const page = await pageOf(browser, headwater, customer)
  await page.goto(`/w/${ws}/destinations/${destination.id}/overview`)
  await page.getByRole('link', { name: 'See them' }).click()
  const letters = page.getByRole('table', { name: 'Dead letters' })
  await expect(letters.getByRole('row')).toHaveCount(2)
  await expect(letters).toContainText('answered with 503')
  await expect(page.getByRole('list', { name: 'Reasons' })).toContainText('400')
  await letters.getByRole('button', { name: 'Redeliver' }).click()
  await expect(page.getByText('1 message will be delivered again')).toBeVisible()
  await expect.poll(() => hook.got).toEqual(['Order Refused', 'Order Stuck', 'Order Stuck'])
  await expect(letters).toHaveCount(0, { timeout: 15_000 })

  // The trace of the message has every attempt, and who asked for another.
  await page.goto(`/w/${ws}/sources/orders/debugger`)
  await page.getByRole('option').filter({ hasText: 'Order Stuck' }).click()
  const detail = page.getByRole('region', { name: 'Message', exact: true })
  await detail.getByRole('tab', { name: 'Delivery' }).click()
  await expect(detail.getByRole('listitem')).toContainText([
    /Attempt 1: given up · HTTP 503/,
    /asked to be delivered again/,
    /Attempt 1: delivered · HTTP 200/,
  ])
  await expect(detail).toContainText('Delivered')
  hook.close()
})

/** The six digits that an app shows for a secret, `ahead` half minutes from now. */
function digits(secret: string, ahead = 0): string {
  const bits = [...secret.replaceAll(/[\s=]/g, '')]
    .map((each) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead))
  const hash = createHmac('sha1', key).update(step).digest()
  const at = hash[19]! & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

test('a second factor is asked for, and a recovery code stands in for it once', async ({
  browser,
  headwater,
}) => {
  const person = await joined(headwater, 'Sven Dahl', 'sven@harbour.example')
  const page = await pageOf(browser, headwater, person)
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByRole('button', { name: /^Copy secret/ }).click()
  const secret = await page.evaluate(() => navigator.clipboard.readText())
  await page.getByLabel('Code', { exact: true }).fill('000000')
  await page.getByRole('button', { name: 'Turn on' }).click()
  await expect(page.getByLabel('Code', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Code', { exact: true }).fill(digits(secret))
  await page.getByRole('button', { name: 'Turn on' }).click()
  await expect(page.getByText('Keep these recovery codes')).toBeVisible()
  const codes = await page
    .getByRole('listitem')
    .filter({ has: page.locator('code') })
    .allTextContents()
  expect(codes).toHaveLength(10)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await expect(page.getByText('10 codes left')).toBeVisible()

  const signIn = async (code: string) => {
    const fresh = await pageOf(browser, headwater, null)
    await fresh.goto('/login')
    await fresh.getByLabel('E-mail').fill(person.email)
    await fresh.getByLabel('Password').fill(PASSWORD)
    await fresh.getByRole('button', { name: 'Sign in' }).click()
    await fresh.getByLabel('Code of your second factor').fill(code)
    await fresh.getByRole('button', { name: 'Sign in' }).click()
    return fresh
  }
  // Each code is good once, so this is the one that comes next.
  const byApp = await signIn(digits(secret, 1))
  await h1(byApp, 'New workspace')
  const byRecovery = await signIn(codes[0]!)
  await h1(byRecovery, 'New workspace')
  await byRecovery.goto('/account/security')
  await expect(byRecovery.getByText('9 codes left')).toBeVisible()
  const again = await signIn(codes[0]!)
  await expect(again.getByLabel('Code of your second factor')).toHaveAttribute('aria-invalid', 'true')
})
