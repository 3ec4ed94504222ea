import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { count, plural } from '../../../kit/figures'
import { Filter, Filters } from '../../../kit/filters'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Note, Section, Toolbar, useTitle } from '../../../kit/page'
import { Pulse } from '../../../kit/pulse'
import { Table } from '../../../kit/table'
import { exactly, Time } from '../../../kit/time'
import { callGlyph } from './debugger/row'
import css from './schema.module.css'
import { share } from './seen'
import { SeenTabs } from './seen-tabs'

type Group = Shapes['ViolationGroup']

const PERIODS = [
  ['1h', 'Last hour', 'the last hour'],
  ['24h', 'Last 24 hours', 'the last 24 hours'],
  ['7d', 'Last 7 days', 'the last 7 days'],
] as const
const USUAL = '24h'

const idOf = ({ type, event }: Group) => `${type} ${event ?? ''}`.trim()
const nameOf = ({ type, event }: Group) => event ?? `${type} calls`

/** Which events break the source's tracking plan, how often, and how. */
export function SourceViolations() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source/schema/violations').useParams()
  const search = getRouteApi('/w/$ws/sources/$source/schema/violations').useSearch()
  const navigate = useNavigate({ from: '/w/$ws/sources/$source/schema/violations' })
  const period = PERIODS.find(([key]) => key === search.period)?.[0] ?? USUAL
  const violations = useQuery({
    queryKey: ['w', ws, 'sources', source, 'violations', period],
    refetchInterval: 10_000,
    placeholderData: (previous) => previous,
    queryFn: () =>
      read(
        api.GET('/sources/{sourceId}/violations', {
          params: { path: { sourceId: source }, query: { period }, header: inWorkspace(ws) },
        }),
      ),
  })
  useTitle('Violations', source, ws)
  return (
    <Body>
      <SeenTabs ws={ws} source={source} />
      <Toolbar>
        <Filters label="Period">
          {PERIODS.map(([key, words]) => (
            <Filter
              key={key}
              to="/w/$ws/sources/$source/schema/violations"
              params={{ ws, source }}
              search={{ ...search, period: key === USUAL ? undefined : key }}
              aria-current={key === period ? 'true' : undefined}
              activeOptions={{ exact: true }}
              replace
            >
              {words}
            </Filter>
          ))}
        </Filters>
      </Toolbar>
      <Loaded query={violations} rows={5}>
        {(found) => {
          const words = PERIODS.find(([key]) => key === period)![2]
          const broken = found.groups.filter(({ violating }) => violating > 0)
          const open = broken.find((group) => idOf(group) === search.event)
          return (
            <>
              <Muted>
                {count(found.violating)} of {plural(found.messages, 'message')} of {words} break
                {found.violating === 1 && 's'} the plan
                {found.blocked > 0 && `; ${count(found.blocked)} blocked`}
                {found.quarantined > 0 && `; ${count(found.quarantined)} in quarantine`}
                {found.omitted > 0 && `; ${count(found.omitted)} went on without something`}.
                {!found.complete &&
                  found.from &&
                  ` Only the newest are looked at, since ${exactly(found.from)}.`}
              </Muted>
              {found.truncated && (
                <Note tone="warn">There are more events or violations than are told apart here.</Note>
              )}
              {broken.length === 0 ? (
                <Empty title="No violations">
                  <p>Nothing that came in {words} breaks a tracking plan.</p>
                </Empty>
              ) : (
                <Table
                  label="Violations by event"
                  rows={broken}
                  id={idOf}
                  columns={[
                    {
                      head: 'name',
                      cell: (group) => (
                        <span>
                          <span
                            className={css.glyph}
                            data-call={group.type}
                            role="img"
                            aria-label={group.type}
                          >
                            {callGlyph(group.type as never)}
                          </span>{' '}
                          <Link
                            to="/w/$ws/sources/$source/schema/violations"
                            params={{ ws, source }}
                            search={{
                              ...search,
                              event: search.event === idOf(group) ? undefined : idOf(group),
                            }}
                            resetScroll={false}
                          >
                            {nameOf(group)}
                          </Link>
                        </span>
                      ),
                    },
                    {
                      head: 'events with violations',
                      number: true,
                      cell: ({ violating }) => count(violating),
                    },
                    {
                      head: 'percent with violations',
                      number: true,
                      cell: ({ violating, messages }) => share(violating, messages),
                    },
                    {
                      head: 'unique violations',
                      number: true,
                      cell: ({ violations }) => count(violations.length),
                    },
                    {
                      head: 'trend',
                      cell: (group) => (
                        <Pulse
                          counts={group.series}
                          label={`${plural(group.violating, 'violating message')} of ${nameOf(group)} in ${words}`}
                        />
                      ),
                    },
                    { head: 'last seen', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
                  ]}
                />
              )}
              {open && (
                <Detail
                  ws={ws}
                  source={source}
                  group={open}
                  close={() => void navigate({ search: { ...search, event: undefined } })}
                />
              )}
            </>
          )
        }}
      </Loaded>
    </Body>
  )
}

function Detail({
  ws,
  source,
  group,
  close,
}: {
  ws: string
  source: string
  group: Group
  close: () => void
}) {
  return (
    <Section
      title={nameOf(group)}
      sub={`${plural(group.violating, 'message breaks', 'messages break')} the plan${
        group.blocked > 0 ? `; ${count(group.blocked)} blocked` : ''
      }${group.quarantined > 0 ? `; ${count(group.quarantined)} in quarantine` : ''}.`}
      actions={
        <Button small onClick={close}>
          Close
        </Button>
      }
    >
      {group.violations.length === 0 ? (
        <Muted>The event is unplanned: the plan has no rule for it.</Muted>
      ) : (
        <Table
          label={`Violations of ${nameOf(group)}`}
          rows={group.violations}
          id={({ type, field, description }) => `${type} ${field} ${description}`}
          columns={[
            {
              head: 'violation',
              cell: ({ field, description }) => (
                <span className={css.said}>
                  <strong>{field}</strong>
                  <small>{description.replace(`${field}: `, '')}</small>
                </span>
              ),
            },
            { head: 'type', cell: ({ type }) => type },
            { head: 'count', number: true, cell: ({ count: many }) => count(many) },
            { head: 'last seen', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
            {
              head: 'samples',
              cell: ({ samples }) => (
                <span className={css.samples}>
                  {samples.map(({ position, messageId }, at) => (
                    <Link
                      key={position}
                      to="/w/$ws/sources/$source/debugger"
                      params={{ ws, source }}
                      search={{ at: position, tab: 'violations' }}
                      title={messageId}
                      aria-label={`Sample ${at + 1}, message ${messageId}`}
                    >
                      {at + 1}
                    </Link>
                  ))}
                </span>
              ),
            },
          ]}
        />
      )}
    </Section>
  )
}
