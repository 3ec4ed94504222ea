import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { type DeclaredEvent, type Install, integrationKey } from '../data'

type Property = DeclaredEvent['properties'][number]

/** A message as it was received: what of it is looked at here. */
export interface Received {
  type?: string
  event?: string
  name?: string
  properties?: Record<string, unknown>
  traits?: Record<string, unknown>
}

/** What arrived of one event (or other call), over all test workspaces. */
export interface Arrival {
  kind: string
  name: string
  /** Messages among those that were looked at. */
  count: number
  /** When the newest came, and where it can be seen. */
  lastAt: string
  install: Install
  position: string
  /** Whole messages, a few of the newest. */
  samples: Received[]
}

/** The same event has the same key, whether declared or arrived. */
export const eventKey = ({ kind, name }: { kind: string; name: string }) =>
  `${kind} ${NAMED.has(kind) ? name : ''}`
const NAMED = new Set(['track', 'page', 'screen'])

/** The kind of value, in the words of tracking plans. */
export function typeOf(value: unknown): Property['type'] {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))
        ? 'dateTime'
        : 'string'
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number'
    case 'boolean':
      return 'boolean'
    case 'object':
      return value === null ? 'any' : 'object'
    default:
      return 'any'
  }
}

function joined(one: Property['type'], other: Property['type']): Property['type'] {
  if (one === other) return one
  const both = new Set([one, other])
  if (both.has('integer') && both.has('number')) return 'number'
  if (both.has('dateTime') && both.has('string')) return 'string'
  return 'any'
}

/** The properties of samples: with the type that all of them have, required when all of them have it. */
export function propertiesOf(kind: string, samples: Received[]): Property[] {
  const found = new Map<string, { type: Property['type']; times: number }>()
  for (const sample of samples) {
    const values = (kind === 'identify' || kind === 'group' ? sample.traits : sample.properties) ?? {}
    for (const [name, value] of Object.entries(values)) {
      const before = found.get(name)
      const type = typeOf(value)
      found.set(name, {
        type: before ? joined(before.type, type) : type,
        times: (before?.times ?? 0) + 1,
      })
    }
  }
  return [...found].map(([name, { type, times }]) => ({
    name,
    type,
    required: times === samples.length,
    description: null,
  }))
}

/** What arrived and is not declared: whole events, and further properties of declared ones. */
export function proposals(declared: DeclaredEvent[], arrived: Arrival[]) {
  return arrived.flatMap((arrival) => {
    const known = declared.find((event) => eventKey(event) === eventKey(arrival))
    const names = new Set((known?.properties ?? []).map(({ name }) => name))
    const properties = propertiesOf(arrival.kind, arrival.samples).filter(({ name }) => !names.has(name))
    return known && properties.length === 0 ? [] : [{ arrival, known, properties }]
  })
}

/** The declared events with one proposal taken. */
export function withProposal(
  declared: DeclaredEvent[],
  { arrival, known, properties }: ReturnType<typeof proposals>[number],
): DeclaredEvent[] {
  if (!known) {
    const name = NAMED.has(arrival.kind) ? arrival.name : ''
    return [...declared, { kind: arrival.kind, name, description: null, properties }]
  }
  return declared.map((event) =>
    event === known
      ? {
          ...event,
          // Events before today may lack it: it was not declared until now.
          properties: [
            ...(event.properties ?? []),
            ...properties.map((property) => ({ ...property, required: false })),
          ],
        }
      : event,
  )
}

const ROWS = 500
const EVENTS = 40
const SAMPLES = 3

/** The newest messages of every test workspace, by event. */
export const arrivalsQuery = (slug: string, installs: Install[]) =>
  queryOptions({
    queryKey: integrationKey(slug, 'arrivals', ...installs.map(({ source }) => source.id)),
    queryFn: async ({ client }): Promise<Arrival[]> => {
      const groups = new Map<string, { rows: [Install, Shapes['MessageRow']][] }>()
      for (const install of installs) {
        const { messages } = await read(
          api.GET('/sources/{sourceId}/messages', {
            params: {
              path: { sourceId: install.source.id },
              query: { limit: ROWS, verdict: 'accepted' },
              header: inWorkspace(install.workspace.slug),
            },
          }),
        )
        for (const row of messages) {
          const key = eventKey({ kind: row.type ?? 'track', name: row.name ?? '' })
          const group = groups.get(key) ?? { rows: [] }
          group.rows.push([install, row])
          groups.set(key, group)
        }
      }
      // A message never changes, so each is fetched once.
      const sample = ([install, row]: [Install, Shapes['MessageRow']]) =>
        client.fetchQuery({
          queryKey: ['portal', 'message', install.source.id, row.position],
          staleTime: Number.POSITIVE_INFINITY,
          queryFn: async () => {
            const { message } = await read(
              api.GET('/sources/{sourceId}/messages/{position}', {
                params: {
                  path: { sourceId: install.source.id, position: row.position },
                  header: inWorkspace(install.workspace.slug),
                },
              }),
            )
            return (message ?? null) as Received | null
          },
        })
      return Promise.all(
        [...groups.values()].slice(0, EVENTS).map(async ({ rows }) => {
          const newest = rows.toSorted((one, other) => other[1].receivedAt.localeCompare(one[1].receivedAt))
          const [install, row] = newest[0]!
          const samples = await Promise.all(newest.slice(0, SAMPLES).map(sample))
          return {
            kind: row.type ?? 'track',
            name: row.name ?? '',
            count: rows.length,
            lastAt: row.receivedAt,
            install,
            position: row.position,
            samples: samples.filter((each) => each !== null),
          }
        }),
      )
    },
    refetchInterval: 5_000,
  })
