import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { Button, OutsideButton } from '../../kit/button'
import { Id } from '../../kit/copy'
import { TextField } from '../../kit/fields'
import { count } from '../../kit/figures'
import { Problem, Skeleton } from '../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, Pairs, useTitle } from '../../kit/page'
import { toastRefusal } from '../../kit/refusal'
import { More } from '../../kit/table'
import { exactly, Time } from '../../kit/time'
import css from './audit.module.css'
import { Changes } from './changes'
import { differences } from './differences'
import { useSearchText } from './use-search-text'

const route = getRouteApi('/platform/audit')

/** What operators, applicants and reviewers changed. */
export function PlatformAudit() {
  useTitle('Audit')
  const search = route.useSearch()
  const navigate = useNavigate()
  const { type, actor, resource, from, until } = search
  const narrow = (part: typeof search) =>
    void navigate({ to: '/platform/audit', search: { ...search, ...part }, replace: true })
  const filters = filled({
    type,
    actor,
    resourceId: resource,
    startTime: startOf(from),
    endTime: startOf(until, 1),
  })
  const [verified, setVerified] = useState<Shapes['VerifyAnswer']>()
  const [verifying, setVerifying] = useState(false)
  const verify = async () => {
    setVerifying(true)
    try {
      setVerified(await read(api.GET('/operator/audit-events/verify')))
    } catch (error) {
      toastRefusal(error)
    } finally {
      setVerifying(false)
    }
  }
  const list = useInfiniteQuery({
    queryKey: ['operator', 'audit', filters],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      read(
        api.GET('/operator/audit-events', {
          params: { query: { ...filters, 'pagination.cursor': pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  })
  const [typeText, setType] = useSearchText(type, (value) => narrow({ type: value }))
  const [actorText, setActor] = useSearchText(actor, (value) => narrow({ actor: value }))
  const [resourceText, setResource] = useSearchText(resource, (value) => narrow({ resource: value }))
  const events = list.data?.pages.flatMap((page) => page.events)
  const total = list.data?.pages[0]?.pagination.totalEntries ?? 0
  const filtered = !!(type || actor || resource || from || until)
  const clear = () => {
    setType('')
    setActor('')
    setResource('')
    void navigate({ to: '/platform/audit', search: {}, replace: true })
  }
  return (
    <>
      <PageHead
        title="Audit"
        sub="What belongs to no workspace and no partner: accounts, operators, applications and reviews. Each entry covers those before it, so that none can be changed unseen."
      >
        <Button busy={verifying} onClick={() => void verify()}>
          Verify
        </Button>
        <OutsideButton href={`/api/operator/audit-events/export?${new URLSearchParams(filters)}`} download>
          Export as CSV
        </OutsideButton>
      </PageHead>
      <Body>
        {verified &&
          (verified.intact ? (
            <Note tone="ok">The trail is intact: no entry was altered or taken out.</Note>
          ) : (
            <Note tone="bad">
              The trail is broken: entry {verified.firstBroken} does not fit the one before it, so something
              was altered or taken out there.
            </Note>
          ))}
        <div className={css.filters}>
          <TextField
            label="What happened"
            placeholder="Application Decided"
            list="audit-types"
            value={typeText}
            onChange={(event) => setType(event.target.value)}
          />
          <datalist id="audit-types">
            {[...new Set((events ?? []).map((event) => event.type))].sort().map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <TextField
            label="Who"
            placeholder="address or id"
            value={actorText}
            onChange={(event) => setActor(event.target.value)}
          />
          <TextField
            label="To what"
            placeholder="id"
            mono
            value={resourceText}
            onChange={(event) => setResource(event.target.value)}
          />
          <TextField
            label="From"
            type="date"
            value={from ?? ''}
            onChange={(event) => narrow({ from: event.target.value || undefined })}
          />
          <TextField
            label="Until"
            type="date"
            value={until ?? ''}
            onChange={(event) => narrow({ until: event.target.value || undefined })}
          />
        </div>
        {!events ? (
          list.error ? (
            <Problem error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Skeleton rows={6} />
          )
        ) : events.length === 0 ? (
          <Empty title={filtered ? 'Nothing fits these filters' : 'Nothing has happened yet'}>
            {filtered && <Button onClick={clear}>Clear the filters</Button>}
          </Empty>
        ) : (
          <>
            <p>
              <Muted>{count(total)} entries, the newest first</Muted>{' '}
              {filtered && (
                <Button small onClick={clear}>
                  Clear the filters
                </Button>
              )}
            </p>
            <ul className={css.events}>
              {events.map((event) => (
                <Entry key={event.id} event={event} />
              ))}
            </ul>
            <More
              there={list.hasNextPage}
              busy={list.isFetchingNextPage}
              load={() => void list.fetchNextPage()}
            />
          </>
        )}
      </Body>
    </>
  )
}

/** Those that are said. */
const filled = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((pair): pair is [string, string] => !!pair[1]))

/** The beginning of a day here, or of one so many days later, as the API reads it. */
function startOf(day: string | undefined, later = 0): string | undefined {
  if (!day) return undefined
  const start = new Date(`${day}T00:00:00`)
  if (Number.isNaN(start.getTime())) return undefined
  start.setDate(start.getDate() + later)
  return start.toISOString()
}

function Entry({ event }: { event: Shapes['AuditEvent'] }) {
  const changes = differences(event.before ?? {}, event.after ?? {})
  return (
    <li>
      <details>
        <summary>
          <span className={css.type}>{event.type}</span>
          <span>{event.resourceName}</span>
          <span className={css.actor}>{event.actorEmail ?? event.actor}</span>
          <Time at={event.timestamp} />
        </summary>
        <div className={css.detail}>
          <Pairs
            of={[
              ['When', exactly(event.timestamp)],
              ['Actor', <Id key="actor" value={event.actor} what="actor" />],
              [
                event.resourceType.toLowerCase().replaceAll('_', ' '),
                <Id key="resource" value={event.resourceId} what="resource ID" />,
              ],
              ['Entry', <Id key="id" value={event.id} what="entry ID" />],
              ['Hash', <Id key="hash" value={event.hash} what="hash" />],
            ]}
          />
          {changes.length > 0 ? <Changes of={changes} /> : <Muted>It says no more than that.</Muted>}
        </div>
      </details>
    </li>
  )
}
