// Every screen: no fault that axe finds, light and dark; nothing to scroll sideways; no word on the console, under the
// content security policy of the server. Screenshots of all widths go to browser/screenshots, to be looked through.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from '@playwright/test'
import { barriers, browserOf, complaints, expect, type Seeded, test } from './fixtures'
import { pause, send } from './headwater.mjs'

const WIDTHS = [360, 768, 1440]
const folder = join(import.meta.dirname, 'screenshots')
mkdirSync(folder, { recursive: true })

type Who = 'nobody' | 'partner' | 'customer' | 'operator'
interface Screen {
  name: string
  who: Who
  path: string | ((seeded: Seeded) => Promise<string>)
}

const one = (who: Who, paths: string[]): Screen[] =>
  paths.map((path) => ({ name: `${who} ${path.replace(/[?#].*/, '').replace(/^\/$/, 'home')}`, who, path }))

const screens: Screen[] = [
  ...one('nobody', [
    '/',
    '/login',
    '/signup',
    '/forgot-password',
    '/reset-password?token=hwl_none',
    '/operator?token=hwl_none',
    '/partners',
    '/partner/application',
    '/catalog',
    '/catalog/acme-push',
    '/catalog/no-such-thing',
    '/docs/spec',
  ]),
  ...one('partner', [
    '/partner/application',
    '/dev-portal/integrations',
    '/dev-portal/integrations/new/source',
    ...[
      'overview',
      'catalog-info',
      'events',
      'documentation',
      'setup',
      'test',
      'review',
      'history',
      'settings',
    ].map((tab) => `/dev-portal/integrations/acme-mail/${tab}`),
    '/dev-portal/integrations/acme-chat/overview',
    '/dev-portal/integrations/acme-surveys/review',
    '/dev-portal/integrations/acme-push/overview',
    '/dev-portal/team',
    '/dev-portal/audit',
  ]),
  ...one('customer', [
    '/w/shop',
    '/w/shop/sources',
    ...['overview', 'overview/balance', 'debugger', 'schema', 'destinations', 'delivery', 'settings'].map(
      (tab) => `/w/shop/sources/web/${tab}`,
    ),
    '/w/shop/sources/crm/overview',
    '/w/shop/sources/crm/debugger',
    '/w/shop/catalog',
    '/w/shop/catalog/acme-push',
    '/w/shop/destinations',
    '/w/shop/destinations/new/webhook',
    '/w/shop/destinations/new/object-storage',
    '/w/shop/delivery',
    '/w/shop/alerts',
    '/w/shop/alerts/new?kind=VOLUME_CHANGE',
    ...['general', 'members', 'tokens', 'labels', 'audit'].map((page) => `/w/shop/settings/${page}`),
    '/workspaces/new',
    '/verify-email?token=hwl_none',
    '/change-email?token=hwl_none',
    '/invitations/accept?token=hwi_none',
    '/dev-portal/accept?token=hwi_none',
    '/w/nobody-has-it',
    '/account',
    '/account/security',
    '/account/sessions',
    '/account/tokens',
  ]),
  ...[
    'overview',
    'delivery',
    'filters',
    'filters/new',
    'mappings',
    'mappings/new',
    'replays',
    'replays/new',
    'test',
    'settings',
  ].map(
    (tab): Screen => ({
      name: `customer destination ${tab}`,
      who: 'customer',
      path: async ({ customer }) => {
        const { destinations } = await customer.get('/destinations?pagination.count=1', { ws: 'shop' })
        return `/w/shop/destinations/${destinations[0].id}/${tab}`
      },
    }),
  ),
  ...one(
    'operator',
    ['applications', 'reviews', 'catalog', 'mails', 'accounts', 'audit', 'system'].map(
      (page) => `/platform/${page}`,
    ),
  ),
  {
    name: 'operator application',
    who: 'operator',
    path: async ({ operator }) => {
      const { applications } = await operator.get('/operator/applications')
      return `/platform/applications/${applications[0].id}`
    },
  },
  {
    name: 'operator review',
    who: 'operator',
    path: async ({ operator }) => {
      const { submissions } = await operator.get('/reviews')
      return `/platform/reviews/${submissions[0].id}`
    },
  },
]

for (const tab of ['proof', 'listing']) {
  screens.push({
    name: `operator review ${tab}`,
    who: 'operator',
    path: async ({ operator }) => {
      const { submissions } = await operator.get('/reviews')
      return `/platform/reviews/${submissions[0].id}?tab=${tab}`
    },
  })
}

/** A plan of the Spec's events that a source is held to, and messages that break it; made once in a worker. */
let planned: Promise<unknown> | undefined
async function plan({ customer, url }: Seeded) {
  const ws = 'shop'
  const at = '/tracking-plans/shop-events'
  await customer.post('/tracking-plans', { name: 'Shop events', type: 'LIVE' }, { ws })
  const { starter } = await customer.get('/tracking-plans/starters/Ecommerce', { ws })
  await customer.get(at, { ws })
  await customer.patch(`${at}/rules`, { rules: starter.rules }, { ws, etag: customer.etag })
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'planned', name: 'Planned' },
    { ws },
  )
  await customer.get('/sources/planned/settings', { ws })
  const track = { allowEventOnViolations: false, onBlock: 'QUARANTINE' }
  await customer.patch('/sources/planned/settings', { track }, { ws, etag: customer.etag })
  await customer.post(`${at}/sources`, { sourceId: source.id }, { ws })
  const waits = async () => (await customer.get('/sources/planned/quarantine', { ws })).messages > 0
  do {
    const order = { type: 'track', userId: 'user_1', event: 'Order Completed' }
    await send(url, source.writeKeys[0], [
      { ...order, properties: { order_id: 'o-1', total: 12.5 } },
      { ...order, properties: { order_id: 'o-2', total: '12.50' } },
      { ...order, event: 'Postcard Sent' },
    ])
    await pause(200)
  } while (!(await waits()))
}
for (const path of [
  'tracking-plans',
  'tracking-plans/new',
  'tracking-plans/new?from=source&source=planned',
  'tracking-plans/shop-events/rules',
  'tracking-plans/shop-events/rules?rule=TRACK 1 Order Completed',
  'tracking-plans/shop-events/import',
  'tracking-plans/shop-events/sources',
  'tracking-plans/shop-events/versions',
  'tracking-plans/shop-events/versions?version=1',
  'tracking-plans/shop-events/try',
  'tracking-plans/shop-events/settings',
  'sources/planned/schema',
  'sources/planned/schema/violations?event=track Order Completed',
  'sources/planned/schema/quarantine',
]) {
  screens.push({
    name: `customer ${path.replace('shop-events/', '')}`,
    who: 'customer',
    path: async (seeded) => {
      planned ??= plan(seeded)
      await planned
      return `/w/shop/${path}`
    },
  })
}
screens.push({ name: 'nobody docs spec events', who: 'nobody', path: '/docs/spec?page=events' })

test.describe.configure({ mode: 'parallel' })

/** One browser of each person in a worker: what the app has loaded once is there for the next screen. */
const contexts = new Map<Who, Promise<BrowserContext>>()
test.afterAll(async () => {
  const all = [...contexts.values()]
  contexts.clear()
  for (const context of all) await (await context).close()
})

for (const screen of screens) {
  test(screen.name, async ({ browser, headwater }) => {
    const path = typeof screen.path === 'string' ? screen.path : await screen.path(headwater)
    const person = screen.who === 'nobody' ? null : headwater[screen.who]
    const context = contexts.get(screen.who) ?? browserOf(browser, person, headwater.url)
    contexts.set(screen.who, context)
    const page = await (await context).newPage()
    const found = complaints(page)
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        const file = `${screen.name.replace(/[^a-z0-9]+/gi, '-')}.${colorScheme}.${width}.png`
        await page.screenshot({ path: join(folder, file), fullPage: true })
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(sideways, `${width} px wide, the page scrolls sideways`).toBeLessThanOrEqual(0)
      }
      expect(await barriers(page), colorScheme).toEqual([])
    }
    expect(found).toEqual([])
    await page.close()
  })
}
