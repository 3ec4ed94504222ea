// "Build a Source", as three people click through it: a partner builds a source, an operator reviews it, a customer
// uses it. Only what the product prints or mails is followed otherwise: the operator's link, and links in mails.

import type { Browser, Page } from '@playwright/test'
import { Analytics } from '@segment/analytics-node'
import { browserOf, complaints, expect, test } from './fixtures'
import { LOGO, MARK, PASSWORD, startHeadwater } from './headwater.mjs'

/** Somebody with a browser of their own. */
async function person(browser: Browser, url: string) {
  const context = await browserOf(browser, null, url)
  const page = await context.newPage()
  return { page, context, found: complaints(page) }
}

async function signUp(page: Page, name: string, email: string, path = '/signup') {
  await page.goto(path)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  // Who goes on before that is nobody yet.
  const signedIn = page.waitForResponse('**/api/sessions')
  await page.getByRole('button', { name: 'Create account' }).click()
  await signedIn
}

/** What the operator reads in the outbox: the link of the newest mail to somebody. */
async function mailedLink(operator: Page, to: string, subject: RegExp) {
  await operator.goto('/platform/mails')
  await operator.getByLabel('To this address').fill(to)
  await operator.waitForURL('**/platform/mails?to=*')
  await operator.getByRole('list', { name: 'Mails' }).getByRole('link', { name: subject }).first().click()
  const link = operator.getByRole('article').locator('a[href*="token="]').first()
  return (await link.getAttribute('href')) ?? ''
}

async function openMenu(page: Page, entry: string) {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: entry }).click()
}

const h1 = (page: Page, name: string | RegExp) =>
  expect(page.getByRole('heading', { level: 1, name })).toBeVisible()

test('build a source, from the application to general availability', async ({ browser, postgres }) => {
  test.setTimeout(300_000)
  let server = await startHeadwater({ postgres })
  const { url } = server
  const operator = await person(browser, url)
  const partner = await person(browser, url)
  const customer = await person(browser, url)

  await test.step('the first operator, by the link that the server prints', async () => {
    await signUp(
      operator.page,
      'Olga Berg',
      'olga@headwater.example',
      `/operator?token=${server.operatorToken}`,
    )
    await h1(operator.page, 'Applications')
  })

  await test.step('a partner signs up, verifies and applies', async () => {
    const { page } = partner
    await signUp(page, 'Mia Kern', 'mia@acme.example')
    await h1(page, 'Verify your e-mail address')
    await page.goto(await mailedLink(operator.page, 'mia@acme.example', /verify|confirm/i))
    await h1(page, 'Your address is verified')
    await page.goto('/partners')
    await page
      .getByRole('main')
      .getByRole('link', { name: /^Apply/ })
      .first()
      .click()
    await page.getByLabel('What is your company called?').fill('Acme Labs')
    await page.getByLabel("What is your company's website?").fill('https://acme.example')
    for (const question of await page.getByRole('textbox').all()) {
      if (!(await question.inputValue()))
        await question.fill('Events of campaigns by mail, when somebody opens or clicks.')
    }
    await page.getByLabel(/I accept the partner agreement/).check()
    await page.getByLabel(/I accept the privacy policy/).check()
    await page.getByRole('button', { name: 'Send application' }).click()
    await h1(page, 'Your application')
    // To everybody else there is no portal.
    await page.goto('/dev-portal/integrations')
    await h1(page, 'There is nothing here')
  })

  await test.step('the operator decides, the partner is invited', async () => {
    const { page } = operator
    await page.goto('/platform/applications')
    await page.getByRole('link', { name: 'Acme Labs' }).click()
    const criteria = page.getByRole('main').getByRole('checkbox')
    await expect(criteria).toHaveCount(4)
    for (const criterion of await criteria.all()) await criterion.check()
    for (const note of await page.getByRole('main').getByRole('textbox').all())
      await note.fill('Checked on their site.')
    await page.getByRole('button', { name: 'Approve and invite' }).click()
    await expect(page.getByText('Approved', { exact: true }).first()).toBeVisible()
    await partner.page.goto(await mailedLink(page, 'mia@acme.example', /invit|welcome|portal/i))
    await partner.page.getByRole('button', { name: 'Accept' }).click()
    await h1(partner.page, 'Integrations')
  })

  await test.step('a workspace to test in, and the way back by the account menu', async () => {
    const { page } = partner
    await openMenu(page, 'New workspace')
    await page.getByLabel('Name').fill('Acme Test')
    await page.getByRole('button', { name: 'Create workspace' }).click()
    await page.waitForURL('**/w/acme-test')
    // The address changes first; the bar above is another one then.
    await h1(page, 'Acme Test')
    await openMenu(page, 'Developer Portal')
    await h1(page, 'Integrations')
  })

  await test.step('build a source: name and slug', async () => {
    const { page } = partner
    await page.getByRole('button', { name: 'Build integration' }).click()
    await page.getByRole('menuitem', { name: 'Build a source' }).click()
    await page.getByLabel('Name').fill('Acme Mail')
    await expect(page.getByLabel('Slug')).toHaveValue('acme-mail')
    await page.getByRole('button', { name: 'Create source' }).click()
    const row = page.getByRole('row', { name: /Acme Mail/ })
    await expect(row).toContainText('Private building')
    await row.getByRole('link', { name: 'Acme Mail', exact: true }).click()
    await h1(page, 'Acme Mail')
  })

  await test.step('catalog info', async () => {
    const { page } = partner
    await page
      .getByRole('navigation', { name: 'Acme Mail' })
      .getByRole('link', { name: 'Catalog info' })
      .click()
    await page
      .getByLabel('Description', { exact: true })
      .fill('**Acme Mail** brings opens and clicks of your campaigns back.')
    await page.getByLabel('Website').fill('https://acme.example/mail')
    await page.getByLabel('Support address').fill('support@acme.example')
    await page.getByLabel('Category', { exact: true }).selectOption('Email Marketing')
    for (const [label, svg] of [
      ['Logo (SVG)', LOGO],
      ['Mark (SVG)', MARK],
    ] as const) {
      await page
        .getByLabel(label)
        .first()
        .setInputFiles({ name: 'acme.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) })
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Use this/ })
        .click()
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
    await page.getByLabel('User name').fill('reviewer')
    await page.getByLabel('Password').fill('correct horse 12')
    await page.getByRole('button', { name: 'Set test account' }).click()
    await expect(page.getByText(/^Saved/).first()).toBeVisible()
    // The card beside it, as customers will see it.
    await expect(page.getByText('brings opens and clicks').last()).toBeVisible()
  })

  await test.step('the events that it sends', async () => {
    const { page } = partner
    await page.getByRole('navigation', { name: 'Acme Mail' }).getByRole('link', { name: 'Events' }).click()
    await page.getByRole('button', { name: 'Add event' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').first().fill('Email Opened')
    await dialog.getByLabel('Description').first().fill('Somebody opened a mail')
    await dialog.getByRole('button', { name: 'Save event' }).click()
    await expect(page.getByRole('row', { name: /Email Opened/ })).toBeVisible()
  })

  await test.step('documentation, from the template', async () => {
    const { page } = partner
    await page
      .getByRole('navigation', { name: 'Acme Mail' })
      .getByRole('link', { name: 'Documentation' })
      .click()
    const sections: [RegExp, string][] = [
      [
        /^Introduction/,
        '[Acme Mail](https://acme.example) sends campaigns by mail for shops and publishers.',
      ],
      [
        /^Getting started/i,
        '1. Add the source.\n2. Copy the write key.\n3. Paste it into Acme Mail under Settings.',
      ],
      [/^Stream/, 'Acme Mail sends `track` calls with the `userId` that you gave it.'],
      [/^Events/, '| Event | Description |\n|---|---|\n| Email Opened | Somebody opened a mail |'],
      [/^Event properties/i, '| Property | Description |\n|---|---|\n| `email_id` | Which mail |'],
      [/^Adding destinations/i, 'Once events arrive, add destinations as for any other source.'],
    ]
    for (const [label, words] of sections)
      await page.getByRole('textbox', { name: label }).first().fill(words)
    await expect(page.getByText(/^Saved/).first()).toBeVisible()
  })

  let writeKey = ''
  await test.step('add to workspace opens the configuration page in a new tab', async () => {
    const { page, context } = partner
    await page.getByRole('navigation', { name: 'Acme Mail' }).getByRole('link', { name: 'Settings' }).click()
    const opened = context.waitForEvent('page')
    await page.getByRole('button', { name: 'Add to workspace' }).click()
    const tab = await opened
    await expect(tab).toHaveURL(/\/w\/acme-test\/sources\/acme-mail\/settings/)
    await expect(tab.getByText(/^Private: only members/)).toBeVisible()
    await tab
      .getByRole('button', { name: /^Copy write key/i })
      .first()
      .click()
    writeKey = await tab.evaluate(() => navigator.clipboard.readText())
    expect(writeKey).toMatch(/^[A-Za-z0-9]{32}$/)
    await tab.close()
  })

  await test.step('real events by an SDK, seen in the debugger as they come', async () => {
    const { page } = partner
    await page.goto('/w/acme-test/sources/acme-mail/debugger')
    await h1(page, /Acme Mail/)
    const analytics = new Analytics({ writeKey, host: url })
    for (const at of [1, 2, 3]) {
      analytics.track({
        userId: `user_${at}`,
        event: 'Email Opened',
        properties: { email_id: `m-${at}` },
        integrations: {},
        context: { integration: { name: 'acme-mail', version: '1.0.0' } },
      })
    }
    await analytics.closeAndFlush()
    const rows = page.getByRole('option')
    await expect(rows).toHaveCount(3)
    await rows.first().click()
    await expect(page.getByText('"m-3"').or(page.getByText("'m-3'")).first()).toBeVisible()
  })

  await test.step('the checks of what arrived', async () => {
    const { page } = partner
    await page.goto('/dev-portal/integrations/acme-mail/test')
    await expect(page.getByText(/^Everything (that must hold does|holds)/)).toBeVisible()
    // What was done in the product is ticked; what was not, is still asked for.
    const steps = page.getByRole('main').locator('li[data-done]')
    await expect(steps.filter({ hasText: 'Email Opened' })).toHaveAttribute('data-done', 'yes')
    await expect(steps.filter({ hasText: 'Email Link Clicked' })).not.toHaveAttribute('data-done', 'yes')
    await steps.getByRole('link', { name: 'Email Opened in the debugger' }).click()
    await expect(page.getByRole('region', { name: 'Message', exact: true })).toContainText('Email Opened')
  })

  const submit = async () => {
    const { page } = partner
    await page.goto('/dev-portal/integrations/acme-mail/review')
    await page.getByRole('button', { name: /^(Submit for review|Resubmit)…$/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Submit', exact: true }).click()
    await expect(page.getByText('In review').first()).toBeVisible()
  }
  const openReview = async () => {
    const { page } = operator
    await page.goto('/platform/reviews')
    await page.getByRole('link', { name: 'Acme Mail' }).first().click()
    await h1(page, 'Acme Mail')
    await page.getByRole('button', { name: 'Assign to me' }).click()
    await expect(page.getByRole('button', { name: 'Assign to me' })).toHaveCount(0)
  }

  await test.step('submit; the operator asks for a change', async () => {
    await submit()
    await openReview()
    const { page } = operator
    // What the builder saw, frozen: the score, and the very messages.
    await page.getByRole('link', { name: 'Proof' }).click()
    await expect(page.getByText(/^Everything (that must hold does|holds)/)).toBeVisible()
    await page.getByText(/rules are kept$/).click()
    await page.getByRole('button', { name: 'Show the message Email Opened' }).first().click()
    await expect(page.getByRole('dialog')).toContainText('"email_id"')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: 'Checklist' }).click()
    await page.getByRole('button', { name: 'Functionality: Passed' }).click()
    await page.getByRole('button', { name: /Documentation: Passed/ }).click()
    await page.getByLabel('Part').selectOption({ label: 'Catalog metadata' })
    await page.getByLabel('Comment', { exact: true }).fill('Say who it is for.')
    await page.getByRole('button', { name: 'Add comment' }).click()
    await page.getByRole('button', { name: /metadata: Changes/i }).click()
    await page.getByRole('button', { name: 'Request changes…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Request changes' }).click()
    await expect(page.getByText('Changes requested').first()).toBeVisible()
  })

  await test.step('the partner mends it, answers the note and submits again', async () => {
    const { page } = partner
    await page.goto('/dev-portal/integrations')
    await expect(page.getByRole('row', { name: /Acme Mail/ })).toContainText('Changes requested')
    await page.goto('/dev-portal/integrations/acme-mail/catalog-info')
    await page
      .getByLabel('Description', { exact: true })
      .fill('**Acme Mail** brings opens and clicks of your campaigns back, for shops and publishers.')
    await expect(page.getByText(/^Saved/).first()).toBeVisible()
    await page.goto('/dev-portal/integrations/acme-mail/review')
    await page
      .getByRole('button', { name: /Resolve|Mark as done/ })
      .first()
      .click()
    await submit()
  })

  await test.step('approved: listed with a beta badge', async () => {
    await openReview()
    const { page } = operator
    for (const part of ['Functionality', 'metadata', 'Documentation']) {
      await page.getByRole('button', { name: new RegExp(`${part}: Passed`, 'i') }).click()
      await expect(page.getByRole('button', { name: new RegExp(`${part}: Passed`, 'i') })).toHaveAttribute(
        'aria-pressed',
        'true',
      )
    }
    await page.getByRole('button', { name: 'Approve as beta…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
    await expect(page.getByRole('main')).toContainText('Approved')
    await partner.page.goto('/dev-portal/integrations')
    await expect(partner.page.getByRole('row', { name: /Acme Mail/ })).toContainText('Beta · 14 days left')
  })

  await test.step('a customer finds it in the public catalog, and uses it', async () => {
    const { page } = customer
    await page.goto('/catalog')
    const tile = page.getByRole('link', { name: /Acme Mail/ }).first()
    await expect(page.getByRole('main')).toContainText('Beta')
    await tile.click()
    await h1(page, /Acme Mail/)
    await expect(page.getByText('Follows the Spec').first()).toBeVisible()
    await expect(page.getByRole('link', { name: 'Download the certificate' })).toBeVisible()
    await signUp(page, 'Carl Wolf', 'carl@shop.example')
    await page.goto(await mailedLink(operator.page, 'carl@shop.example', /verify|confirm/i))
    await h1(page, 'Your address is verified')
    await page.goto('/workspaces/new')
    await page.getByLabel('Name').fill('Wolf Shop')
    await page.getByRole('button', { name: 'Create workspace' }).click()
    await page.waitForURL('**/w/wolf-shop')
    await page.getByRole('navigation', { name: 'Area' }).getByRole('link', { name: 'Catalog' }).click()
    await page
      .getByRole('link', { name: /Acme Mail/ })
      .first()
      .click()
    await page.getByRole('main').getByRole('button', { name: 'Add source' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Add source' }).click()
    await page.waitForURL('**/sources/acme-mail/**')
    await h1(page, /Acme Mail/)
  })

  await test.step('two weeks later it is generally available', async () => {
    // The beta's length is a setting: shortened, its end has passed.
    const { dir } = server
    const port = Number(new URL(url).port)
    // Nobody still loads something from a server that stops.
    for (const { page } of [operator, partner, customer]) await page.waitForLoadState('networkidle')
    for (const { page } of [operator, partner, customer]) await page.goto('about:blank')
    await server.stop({ keep: true })
    server = await startHeadwater({ port, dir, betaDays: 0, postgres })
    await partner.page.goto('/dev-portal/integrations')
    const row = partner.page.getByRole('row', { name: /Acme Mail/ })
    await expect(row).toContainText('Public')
    await expect(row).not.toContainText('Beta')
    await customer.page.goto('/catalog/acme-mail')
    await h1(customer.page, /Acme Mail/)
    await expect(customer.page.getByRole('main').getByText('Beta', { exact: true })).toHaveCount(0)
  })

  for (const { found, context } of [operator, partner, customer]) {
    expect(found).toEqual([])
    await context.close()
  }
  await server.stop()
})
