import AxeBuilder from '@axe-core/playwright'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from '@playwright/test'
import { PASSWORD, type Person, seed, startHeadwater } from './headwater.mjs'

type Server = Awaited<ReturnType<typeof startHeadwater>>
type World = Awaited<ReturnType<typeof seed>>

/** A running Headwater that people have worked with already; one for each worker. */
export interface Seeded extends World {
  url: string
}

/** What the page itself complained about: a fault of ours, whatever the test looks at. */
export function complaints(page: Page): string[] {
  const found: string[] = []
  page.on('pageerror', (error) => found.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    // The browser itself reports each refused request; that the app expects those is for tests to see.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      found.push(message.text())
  })
  return found
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What axe finds wrong with the page as it is now. */
export async function barriers(page: Page): Promise<string[]> {
  // There are no frames, so axe needs no page of its own to put their results together.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  const { violations } = await axe.withTags(TAGS).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
}

type Session = Awaited<ReturnType<BrowserContext['storageState']>>
/** Who has signed in already, in this worker. */
const sessions = new Map<Person, Session>()

/** A browser of its own for somebody, signed in already. */
export async function browserOf(
  browser: Browser,
  person: Person | null,
  url: string,
  options: BrowserContextOptions = {},
) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    storageState: person ? sessions.get(person) : undefined,
    ...options,
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  if (person && !sessions.has(person)) {
    // As they do themselves: a cookie that is tied to its host cannot be put there from outside.
    const answer = await context.request.post('/api/sessions', {
      headers: { origin: url },
      data: { email: person.email, password: PASSWORD },
    })
    if (!answer.ok()) throw new Error(`${person.email} cannot sign in: ${await answer.text()}`)
    sessions.set(person, await context.storageState())
  }
  return context
}

/** What a project of the configuration may say. */
export interface Options {
  /** The URL of a Postgres server for the control plane; without one it keeps a file. */
  postgres: string
}

export const test = base.extend<object, Options & { server: Server; headwater: Seeded }>({
  postgres: ['', { scope: 'worker', option: true }],
  server: [
    async ({ postgres }, use) => {
      const server = await startHeadwater({ postgres })
      await use(server)
      await server.stop()
    },
    { scope: 'worker' },
  ],
  headwater: [
    async ({ server }, use) => {
      const world = await seed(server.url, server.operatorToken)
      await use({ ...world, url: server.url })
    },
    { scope: 'worker', timeout: 60_000 },
  ],
})

export { expect }
