import { queryOptions } from '@tanstack/react-query'
import { ApiFailure, api, read, type Shapes } from '../../api/client'
import { destinationsQuery, sourcesQuery } from '../workspace/data'

/** What the catalog lists. */
export type Kind = 'sources' | 'destinations'

/** An entry of the catalog, as far as both kinds are alike. */
export interface Entry
  extends Pick<
    Shapes['SourceMetadata'],
    | 'id'
    | 'name'
    | 'slug'
    | 'description'
    | 'logos'
    | 'options'
    | 'categories'
    | 'status'
    | 'partnerOwned'
    | 'noteworthy'
  > {
  beta?: Shapes['SourceMetadata']['beta']
}

/** The largest page of a list. */
const PAGE = 1000

/** Every row of a list, page by page. */
export async function everyPage<Page extends { pagination: Shapes['Pagination'] }, Row>(
  load: (query: { 'pagination.count': number; 'pagination.cursor'?: string }) => Promise<Page>,
  rows: (page: Page) => Row[],
): Promise<Row[]> {
  const all: Row[] = []
  let cursor: string | undefined
  do {
    const page = await load({ 'pagination.count': PAGE, 'pagination.cursor': cursor })
    all.push(...rows(page))
    cursor = page.pagination.next ?? undefined
  } while (cursor)
  return all
}

/** The whole catalog of one kind: a few hundred entries, so that search and filters answer at once. */
export const catalogQuery = (kind: Kind) =>
  queryOptions({
    queryKey: ['catalog', kind],
    staleTime: 60_000,
    queryFn: async (): Promise<Entry[]> =>
      kind === 'sources'
        ? everyPage(
            (query) => read(api.GET('/catalog/sources', { params: { query } })),
            (page) => page.sourcesCatalog,
          )
        : everyPage(
            (query) => read(api.GET('/catalog/destinations', { params: { query } })),
            (page) => page.destinationsCatalog,
          ),
  })

/** A source of the catalog. What is not listed is shown to those who may add it. */
export const sourceEntryQuery = (slug: string, who: { signedIn: boolean; ws?: string }) =>
  queryOptions({
    queryKey: ['catalog', 'sources', slug, who],
    queryFn: async (): Promise<Shapes['SourceMetadata']> => {
      try {
        const path = { sourceMetadataId: slug }
        return (await read(api.GET('/catalog/sources/{sourceMetadataId}', { params: { path } })))
          .sourceMetadata
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 404 && who.signedIn)) throw error
        return (await install(slug, who.ws)).metadata
      }
    },
  })

/** A destination of the catalog. */
export const destinationEntryQuery = (slug: string) =>
  queryOptions({
    queryKey: ['catalog', 'destinations', slug],
    queryFn: async () => {
      const path = { destinationMetadataId: slug }
      return (await read(api.GET('/catalog/destinations/{destinationMetadataId}', { params: { path } })))
        .destinationMetadata
    },
  })

const install = async (slug: string, workspace?: string) => {
  const params = { path: { slug }, query: { workspace } }
  return (await read(api.GET('/catalog/sources/{slug}/install', { params }))).install
}

/** Where a source may be added by whoever is signed in. */
export const installQuery = (slug: string, workspace?: string) =>
  queryOptions({
    queryKey: ['catalog', 'install', slug, workspace ?? ''],
    queryFn: () => install(slug, workspace),
  })

/** Every source of a workspace, as a list. */
export const allSourcesQuery = (ws: string) =>
  queryOptions({ ...sourcesQuery(ws), select: ({ sources }) => sources })

/** Every destination of a workspace, as a list. */
export const allDestinationsQuery = (ws: string) =>
  queryOptions({ ...destinationsQuery(ws), select: ({ destinations }) => destinations })

/** What narrows the catalog, as it stands in the address. */
export interface Filter {
  q?: string
  /** A category's slug. */
  category?: string
  /** `beta` */
  stage?: string
  /** `new` for New & Noteworthy. */
  group?: string
}

/** The entries that a filter leaves. Every word of the search has to be in the name, the slug, a category or the text. */
export function filtered(entries: Entry[], filter: Filter): Entry[] {
  const words = (filter.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    if (filter.group === 'new' && !entry.noteworthy) return false
    if (filter.stage === 'beta' && !isBeta(entry)) return false
    if (filter.category && !entry.categories.some((name) => slugOf(name) === filter.category)) return false
    const text = [entry.name, entry.slug, ...entry.categories, plain(entry.description)]
      .join('\n')
      .toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Whether an entry is in beta now. */
export const isBeta = ({ status }: Pick<Entry, 'status'>) =>
  status === 'PUBLIC_BETA' || status === 'PRIVATE_BETA'

const FIRST = ['Website', 'Mobile', 'Server']

/** The categories of the entries with how many are in each: website, mobile and server first, then by name. */
export function categoriesOf(entries: Entry[]): { name: string; slug: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const entry of entries) {
    for (const name of entry.categories) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return [...counts]
    .sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b))
    .map(([name, count]) => ({ name, slug: slugOf(name), count }))
}

/** A name as it stands in addresses: lower case, everything but letters and digits as hyphens. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}

/** Markdown as words: for a line on a tile, never as a replacement of rendered text. */
export function plain(markdown: string): string {
  return markdown
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[ \t]*(#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, '')
    .replace(/(\*\*|__|~~)(\S(?:.*?\S)?)\1/g, '$2')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/(?<![\w*])([*_])(\S(?:[^*_]*\S)?)\1(?![\w*])/g, '$2')
    .replace(/[ \t]+\n/g, '\n')
    .trim()
}

/** The first line of a description, as words. */
export const firstLine = (markdown: string) =>
  plain(markdown)
    .split('\n')
    .find((line) => line.trim() !== '') ?? ''

/** A free name and slug after those that are taken: "Acme Mail", then "Acme Mail 2". */
export function freeName(
  wanted: string,
  taken: { name: string; slug?: string }[],
): { name: string; slug: string } {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted} ${number}`
    const slug = slugOf(name)
    if (!taken.some((one) => one.name === name || one.slug === slug)) return { name, slug }
  }
}

/** How a region is spoken of. */
export const regionName = (region: string) =>
  ({ 'us-west-2': 'United States', 'eu-west-1': 'European Union' })[region] ?? region
