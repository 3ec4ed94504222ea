import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { LinkButton } from '../../../kit/button'
import { Pick, Search } from '../../../kit/fields'
import { count, plural } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Note, Panel, Toolbar, useTitle } from '../../../kit/page'
import { Pulse } from '../../../kit/pulse'
import { Table } from '../../../kit/table'
import { exactly, Time } from '../../../kit/time'
import { sourceQuery } from '../data'
import { rulesQuery } from '../plans/data'
import { callGlyph } from './debugger/row'
import { EventMarks, EventSettings, eventSettingsQuery } from './event-settings'
import css from './schema.module.css'
import { SchemaExport } from './schema-export'
import {
  BARS,
  eventName,
  fitting,
  hasTraits,
  newestOf,
  type SeenEvent,
  share,
  trend,
  typesInWords,
} from './seen'
import { SeenTabs } from './seen-tabs'

const DEPTHS = ['1000', '5000', '20000']
const USUAL = '5000'

/** What the source sends: events, properties and traits, as its newest messages show. */
export function SourceSchema() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source/schema').useParams()
  const { q = '', newest } = getRouteApi('/w/$ws/sources/$source/schema').useSearch()
  const navigate = useNavigate({ from: '/w/$ws/sources/$source/schema' })
  const depth = newest && DEPTHS.includes(newest) ? newest : USUAL
  const [text, setText] = useState(q)
  const words = useDeferredValue(text)
  useEffect(() => setText(q), [q])
  useTitle('Schema', source, ws)
  const schema = useQuery({
    queryKey: ['w', ws, 'sources', source, 'schema', depth],
    placeholderData: (previous) => previous,
    queryFn: async () =>
      await read(
        api.GET('/sources/{sourceId}/schema', {
          params: {
            path: { sourceId: source },
            query: { messages: Number(depth) },
            header: inWorkspace(ws),
          },
        }),
      ),
  })
  return (
    <Body>
      <SeenTabs ws={ws} source={source} />
      <Loaded query={schema} rows={5}>
        {(seen) =>
          seen.events.length === 0 ? (
            <Empty title="Nothing seen yet">
              <p>
                The events that this source sends are listed here with their properties, as soon as the first
                ones arrive.
              </p>
              <LinkButton to="/w/$ws/sources/$source/overview" params={{ ws, source }}>
                Send a first event
              </LinkButton>
            </Empty>
          ) : (
            <>
              <Toolbar>
                <Search
                  label="Search events and properties"
                  placeholder="Event or property"
                  value={text}
                  onChange={(next) => {
                    setText(next)
                    void navigate({
                      search: (before) => ({ ...before, q: next || undefined }),
                      replace: true,
                    })
                  }}
                />
                <Pick
                  aria-label="How far to look"
                  value={depth}
                  onChange={(event) =>
                    void navigate({
                      search: (before) => ({
                        ...before,
                        newest: event.target.value === USUAL ? undefined : event.target.value,
                      }),
                      replace: true,
                    })
                  }
                >
                  {DEPTHS.map((each) => (
                    <option key={each} value={each}>
                      Newest {count(Number(each))} messages
                    </option>
                  ))}
                </Pick>
                <SchemaExport ws={ws} source={source} />
              </Toolbar>
              <Muted>
                {seen.complete
                  ? `Found in all ${plural(seen.messages, 'message')} that are kept`
                  : `Found in the newest ${plural(seen.messages, 'message')}; older ones are not looked at`}
                {seen.from && `, since ${exactly(seen.from)}`}. Values are never shown here.
              </Muted>
              {seen.truncated && (
                <Note tone="warn">
                  There is more than is told apart: at most 4,000 events, and 300 properties of each. Data
                  flows all the same.
                </Note>
              )}
              {fitting(seen.events, words).length === 0 ? (
                <Empty title="Nothing fits">
                  <p>No event or property has “{words}” in its name.</p>
                </Empty>
              ) : (
                <Events
                  ws={ws}
                  source={source}
                  events={fitting(seen.events, words)}
                  interval={seen.interval}
                  newest={newestOf(seen.events)}
                />
              )}
            </>
          )
        }
      </Loaded>
    </Body>
  )
}

function Events({
  ws,
  source,
  events,
  interval,
  newest,
}: {
  ws: string
  source: string
  events: SeenEvent[]
  interval: Shapes['SchemaInterval']
  newest: number
}) {
  const about = useQuery(sourceQuery(ws, source)).data
  const set = useQuery(eventSettingsQuery(ws, source)).data
  const plan = about?.trackingPlanId
  const rules = useQuery({ ...rulesQuery(ws, plan ?? ''), enabled: !!plan, retry: false }).data?.rules
  const names = rules && new Set(rules.map(({ key }) => key))
  return (
    <Panel flush>
      <div className={css.head} aria-hidden>
        <span>event</span>
        <span>
          last {BARS} {interval}s
        </span>
        <span>accepted</span>
        <span>discarded</span>
        <span>first seen</span>
        <span>last seen</span>
      </div>
      <ul className={css.events}>
        {events.map((event) => (
          <li key={`${event.type} ${event.name}`}>
            <Event
              ws={ws}
              source={source}
              event={event}
              interval={interval}
              newest={newest}
              set={event.type === 'track' && event.name ? set?.get(event.name) : undefined}
              planned={names && event.type === 'track' && event.name ? names.has(event.name) : undefined}
            />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Event({
  ws,
  source,
  event,
  interval,
  newest,
  set,
  planned,
}: {
  ws: string
  source: string
  event: SeenEvent
  interval: Shapes['SchemaInterval']
  newest: number
  set: Shapes['SchemaEventView'] | undefined
  planned: boolean | undefined
}) {
  const [open, setOpen] = useState(false)
  const what = hasTraits(event) ? 'trait' : 'property'
  const many = plural(event.properties.length, what, hasTraits(event) ? 'traits' : 'properties')
  return (
    <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className={css.event}>
        <span className={css.name}>
          <span className={css.glyph} data-call={event.type} role="img" aria-label={event.type}>
            {callGlyph(event.type)}
          </span>
          <span>
            <strong>{eventName(event)}</strong> <small>{many}</small>{' '}
            <EventMarks set={set} planned={planned} />
          </span>
        </span>
        <span className={css.trend}>
          <Pulse
            counts={trend(event, interval, newest)}
            label={`${eventName(event)} over the last ${BARS} ${interval}s`}
            width={96}
            height={18}
          />
        </span>
        <span data-label="accepted">{count(event.accepted)}</span>
        <span data-label="discarded" className={event.discarded > 0 ? css.discarded : undefined}>
          {count(event.discarded)}
        </span>
        <span data-label="first seen">
          <Time at={event.firstSeenAt} />
        </span>
        <span data-label="last seen">
          <Time at={event.lastSeenAt} />
        </span>
      </summary>
      {open && (
        <div className={css.inside}>
          {event.type === 'track' && event.name && (
            <EventSettings ws={ws} source={source} event={event.name} set={set} />
          )}
          {event.properties.length === 0 ? (
            <Muted>It came without {what === 'trait' ? 'traits' : 'properties'}.</Muted>
          ) : (
            <Table
              label={`What ${eventName(event)} carries`}
              rows={event.properties}
              id={({ name }) => name}
              columns={[
                { head: what, cell: ({ name }) => <code>{name}</code> },
                { head: 'type', cell: ({ types }) => typesInWords(types) },
                { head: 'messages', number: true, cell: (property) => count(property.count) },
                {
                  head: 'of all',
                  number: true,
                  cell: (property) => share(property.count, event.count),
                },
              ]}
            />
          )}
          <Link
            to="/w/$ws/sources/$source/debugger"
            params={{ ws, source }}
            search={{ q: event.name ? `event:${JSON.stringify(event.name)}` : `type:${event.type}` }}
          >
            Look at them in the Debugger
          </Link>
        </div>
      )}
    </details>
  )
}
