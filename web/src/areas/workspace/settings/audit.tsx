import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button, LinkButton } from '../../../kit/button'
import { fileStamp, save } from '../../../kit/csv'
import { Select, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Body, Empty, Mono, Muted, Note, PageHead, Panel, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { More } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { membersQuery, useOwner } from '../data'
import { differences } from './diff'
import css from './settings.module.css'

type Event = Shapes['AuditEvent']

/** What happens in a workspace and is noted down. */
const TYPES = [
  'Alert Created',
  'Alert Deleted',
  'Alert Modified',
  'Destination Created',
  'Destination Deleted',
  'Destination Disabled',
  'Destination Enabled',
  'Destination Filter Created',
  'Destination Filter Deleted',
  'Destination Filter Disabled',
  'Destination Filter Enabled',
  'Destination Filter Modified',
  'Destination Mapping Created',
  'Destination Mapping Deleted',
  'Destination Mapping Disabled',
  'Destination Mapping Enabled',
  'Destination Mapping Modified',
  'Destination Modified',
  'Destination Tested',
  'Invite Accepted',
  'Invite Deleted',
  'Invite Sent',
  'Label Created',
  'Label Deleted',
  'Replay Cancelled',
  'Replay Created',
  'Replay Paused',
  'Replay Resumed',
  'Replay Started',
  'Schema Event Allowed',
  'Schema Event Archived',
  'Schema Event Blocked',
  'Schema Event Created',
  'Schema Event Destinations Modified',
  'Schema Event Unarchived',
  'Source Created',
  'Source Deleted',
  'Source Disabled',
  'Source Enabled',
  'Source Modified',
  'Source Schema Settings Modified',
  'Token Created',
  'Token Revoked',
  'Tracking Plan Created',
  'Tracking Plan Deleted',
  'Tracking Plan Modified',
  'Tracking Plan Rules Modified',
  'User Policy Updated',
  'User Removed',
  'Workspace Created',
  'Workspace Modified',
]
const RESOURCES: [string, string][] = [
  ['SOURCE', 'Sources'],
  ['DESTINATION', 'Destinations'],
  ['DESTINATION_FILTER', 'Filters'],
  ['DESTINATION_SUBSCRIPTION', 'Mappings'],
  ['TRACKING_PLAN', 'Tracking plans'],
  ['ALERT', 'Alerts'],
  ['USER', 'Members'],
  ['TOKEN', 'Tokens'],
  ['LABEL', 'Labels'],
  ['WORKSPACE', 'The workspace'],
]

/** The beginning or the end of a local day, as the API reads times. */
const dayStart = (day: string | undefined) => (day ? new Date(`${day}T00:00:00`) : undefined)
const dayEnd = (day: string | undefined) => {
  const moment = dayStart(day)
  moment?.setDate(moment.getDate() + 1)
  return moment
}
const stamp = (moment: Date | undefined) =>
  moment && !Number.isNaN(moment.getTime()) ? moment.toISOString() : undefined

/** Every change in the workspace, in a chain that can be checked. */
export function WorkspaceAudit() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const search = getRouteApi('/w/$ws/settings/audit').useSearch()
  const navigate = useNavigate({ from: '/w/$ws/settings/audit' })
  const owner = useOwner(ws)
  const members = useQuery(membersQuery(ws)).data
  useTitle('Audit trail', ws)
  const query = {
    actor: search.actor,
    type: search.type,
    resourceType: search.resource,
    startTime: stamp(dayStart(search.from)),
    endTime: stamp(dayEnd(search.to)),
  }
  const events = useInfiniteQuery({
    queryKey: ['w', ws, 'audit', query],
    enabled: owner === true,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) =>
      await read(
        api.GET('/audit-events', {
          params: {
            query: { ...query, 'pagination.count': 50, 'pagination.cursor': pageParam },
            header: inWorkspace(ws),
          },
        }),
      ),
    getNextPageParam: ({ pagination }) => pagination.next ?? undefined,
  })
  const set = (changes: Partial<typeof search>) =>
    void navigate({
      search: (before) => {
        const next = { ...before, ...changes }
        for (const key of Object.keys(next) as (keyof typeof next)[]) {
          if (!next[key]) delete next[key]
        }
        return next
      },
      replace: true,
    })
  const filtered = Object.values(search).some(Boolean)
  const rows = events.data?.pages.flatMap((page) => page.events) ?? []
  return (
    <>
      <PageHead
        title="Audit trail"
        sub="Who changed what, and when. Each entry seals every one before it, so that none can be altered or left out unnoticed."
      >
        {owner && (
          <>
            <Verify ws={ws} />
            <Export ws={ws} query={query} />
          </>
        )}
      </PageHead>
      <Body>
        {owner === false ? (
          <Note tone="warn">Only an owner of the workspace can read its audit trail.</Note>
        ) : (
          <>
            <div className={css.filters}>
              <Actor
                value={search.actor ?? ''}
                people={(members ?? []).map(({ email }) => email)}
                onChange={(actor) => set({ actor })}
              />
              <Select
                label="What happened"
                value={search.type ?? ''}
                onChange={(event) => set({ type: event.target.value })}
              >
                <option value="">anything</option>
                {TYPES.map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </Select>
              <Select
                label="On"
                value={search.resource ?? ''}
                onChange={(event) => set({ resource: event.target.value })}
              >
                <option value="">anything</option>
                {RESOURCES.map(([type, words]) => (
                  <option key={type} value={type}>
                    {words}
                  </option>
                ))}
              </Select>
              <TextField
                label="From"
                type="date"
                value={search.from ?? ''}
                max={search.to}
                onChange={(event) => set({ from: event.target.value })}
              />
              <TextField
                label="To"
                type="date"
                value={search.to ?? ''}
                min={search.from}
                onChange={(event) => set({ to: event.target.value })}
              />
            </div>
            {events.error && !events.data ? (
              <Problem error={events.error} retry={() => void events.refetch()} />
            ) : !events.data ? (
              <Skeleton />
            ) : rows.length === 0 ? (
              <Empty title={filtered ? 'No entry fits' : 'Nothing yet'}>
                <p>Every change in this workspace is noted here.</p>
                {filtered && (
                  <LinkButton to="/w/$ws/settings/audit" params={{ ws }} search={{}}>
                    Show all
                  </LinkButton>
                )}
              </Empty>
            ) : (
              <>
                <Muted>{plural(events.data.pages[0]!.pagination.totalEntries, 'entry', 'entries')}</Muted>
                <Panel flush>
                  <ul>
                    {rows.map((event) => (
                      <Entry key={event.id} event={event} />
                    ))}
                  </ul>
                </Panel>
                <More
                  there={events.hasNextPage}
                  busy={events.isFetchingNextPage}
                  load={() => void events.fetchNextPage()}
                />
              </>
            )}
          </>
        )}
      </Body>
    </>
  )
}

/** Somebody of the workspace, or anybody by address or id; asked for once it is typed. */
function Actor({
  value,
  people,
  onChange,
}: {
  value: string
  people: string[]
  onChange: (value: string) => void
}) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const done = () => text.trim() !== value && onChange(text.trim())
  return (
    <>
      <TextField
        label="By"
        placeholder="anybody: e-mail or id"
        list="actors"
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          if (event.target.value === '' || people.includes(event.target.value)) onChange(event.target.value)
        }}
        onBlur={done}
        onKeyDown={(event) => event.key === 'Enter' && done()}
      />
      <datalist id="actors">
        {people.map((email) => (
          <option key={email} value={email} />
        ))}
      </datalist>
    </>
  )
}

function Entry({ event }: { event: Event }) {
  const changes = differences(event.before, event.after)
  return (
    <li className={css.entry}>
      <div className={css.line}>
        <Muted>
          <Time at={event.timestamp} />
        </Muted>
        <strong>{event.type}</strong>
        <span>
          {event.resourceName} <Badge>{event.resourceType.toLowerCase().replaceAll('_', ' ')}</Badge>
        </span>
        <span>{event.actorEmail ?? <Mono>{event.actor}</Mono>}</span>
      </div>
      <details>
        <summary>{changes.length === 0 ? 'Details' : plural(changes.length, 'value')}</summary>
        <div className={css.diff}>
          {changes.map(({ path, before, after }) => (
            <Lines key={path} path={path} before={before} after={after} />
          ))}
        </div>
        <p className={css.hash}>
          {event.resourceId} · {event.id} · seal {event.hash}
        </p>
      </details>
    </li>
  )
}

function Lines({ path, before, after }: { path: string; before?: string; after?: string }): ReactNode {
  const name = path ? `${path}: ` : ''
  return (
    <>
      {before !== undefined && (
        <div className={css.minus}>
          <span role="img" aria-label="before">
            −
          </span>
          <span>
            {name}
            {before}
          </span>
        </div>
      )}
      {after !== undefined && (
        <div className={css.plus}>
          <span role="img" aria-label="after">
            +
          </span>
          <span>
            {name}
            {after}
          </span>
        </div>
      )}
    </>
  )
}

/** Recomputes the chain of seals on the server. */
function Verify({ ws }: { ws: string }) {
  const [busy, setBusy] = useState(false)
  return (
    <Button
      busy={busy}
      onClick={async () => {
        setBusy(true)
        try {
          const { intact, firstBroken } = await read(
            api.GET('/audit-events/verify', { params: { header: inWorkspace(ws) } }),
          )
          if (intact) toast('The trail is whole: every seal fits')
          else toast(`The trail was altered: entry ${firstBroken} does not fit its seal`, { bad: true })
        } catch (error) {
          toastRefusal(error)
        } finally {
          setBusy(false)
        }
      }}
    >
      Verify
    </Button>
  )
}

/** The same entries as a file; a link could not name the workspace. */
function Export({ ws, query }: { ws: string; query: Record<string, string | undefined> }) {
  const [busy, setBusy] = useState(false)
  return (
    <Button
      busy={busy}
      onClick={async () => {
        setBusy(true)
        try {
          const csv = await read(
            api.GET('/audit-events/export', {
              params: { query, header: inWorkspace(ws) },
              parseAs: 'blob',
            }),
          )
          save(`${ws}-audit--${fileStamp(new Date())}.csv`, csv as unknown as Blob)
        } catch (error) {
          toastRefusal(error)
        } finally {
          setBusy(false)
        }
      }}
    >
      Export as CSV
    </Button>
  )
}
