import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Muted } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Switch } from '../../../kit/switch'
import { destinationsQuery, sourceQuery } from '../data'
import css from './schema.module.css'
import { mayAdminister } from './source'

/** An event as somebody set it. */
type Set = Shapes['SchemaEventView']

/** The events of a source that somebody set something of, by their names. */
export const eventSettingsQuery = (ws: string, source: string) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', source, 'event-settings'],
    queryFn: async () => {
      const all = new Map<string, Set>()
      let cursor: string | undefined
      do {
        const { events, pagination } = await read(
          api.GET('/sources/{sourceId}/schema/events', {
            params: {
              path: { sourceId: source },
              query: { 'pagination.count': 1000, 'pagination.cursor': cursor },
              header: inWorkspace(ws),
            },
          }),
        )
        for (const event of events) all.set(event.name, event)
        cursor = pagination.next ?? undefined
      } while (cursor)
      return all
    },
  })

/** What is set of an event, and whether the connected plan knows it. */
export function EventMarks({ set, planned }: { set: Set | undefined; planned: boolean | undefined }) {
  const off = set?.destinations.filter(({ enabled }) => !enabled).length ?? 0
  return (
    <>
      {planned === true && (
        <Badge tone="ok" glyph="✓">
          planned
        </Badge>
      )}
      {planned === false && (
        <Badge tone="bad" glyph="−">
          unplanned
        </Badge>
      )}
      {set?.blocked && (
        <Badge tone="warn" glyph="⊘">
          blocked
        </Badge>
      )}
      {off > 0 && (
        <Badge>
          to {set!.destinations.length - off} of {set!.destinations.length} destinations
        </Badge>
      )}
    </>
  )
}

/** Blocks an event, and switches it off for single destinations. */
export function EventSettings({
  ws,
  source,
  event,
  set,
}: {
  ws: string
  source: string
  event: string
  set: Set | undefined
}) {
  const client = useQueryClient()
  const about = useQuery(sourceQuery(ws, source)).data
  const destinations = (useQuery(destinationsQuery(ws)).data?.destinations ?? []).filter(
    ({ sourceId }) => sourceId === about?.source.id,
  )
  const change = useMutation({
    mutationFn: (what: Omit<Shapes['SchemaEventChange'], 'type' | 'name'>) =>
      read(
        api.PUT('/sources/{sourceId}/schema/events', {
          params: { path: { sourceId: source }, header: inWorkspace(ws) },
          body: { event: { type: 'TRACK', name: event, ...what } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: eventSettingsQuery(ws, source).queryKey }),
    onError: toastRefusal,
  })
  if (!about) return null
  const may = mayAdminister(about.source)
  const blocked = set?.blocked ?? false
  const goes = (id: string) => set?.destinations.find((each) => each.id === id)?.enabled ?? true
  return (
    <ul className={css.switches} aria-label={`What becomes of ${event}`}>
      {(!about.trackingPlanId || blocked) && (
        <li>
          <span>
            Let it through{' '}
            <Muted>{blocked ? 'it is discarded as event_setting and reaches no destination' : ''}</Muted>
          </span>
          <Switch
            on={!blocked}
            what={`Let ${event} through`}
            busy={change.isPending}
            disabled={!may}
            onChange={(on) => change.mutate({ blocked: !on })}
          />
        </li>
      )}
      {destinations.map(({ id, name }) => (
        <li key={id}>
          <span>
            Goes to {name}{' '}
            <Muted>{goes(id) ? '' : 'unless the message names it in its integrations object'}</Muted>
          </span>
          <Switch
            on={goes(id)}
            what={`Send ${event} to ${name}`}
            busy={change.isPending}
            disabled={!may || blocked}
            onChange={(enabled) => change.mutate({ destinations: [{ id, enabled }] })}
          />
        </li>
      ))}
    </ul>
  )
}
