import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, read, type Shapes } from '../../api/client'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, Muted, PageHead, useTitle } from '../../kit/page'
import { Spoken } from '../../kit/spoken'
import { More, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { integrationsQuery } from './data'
import css from './portal.module.css'

const route = getRouteApi('/dev-portal/audit')

/** What was changed in the portal, and by whom. */
export function PartnerAudit() {
  useTitle('Audit')
  const { about } = route.useSearch()
  const navigate = route.useNavigate()
  const integrations = useQuery(integrationsQuery).data ?? []
  const log = useInfiniteQuery({
    queryKey: ['portal', 'audit', about ?? ''],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      read(
        api.GET('/partner/audit-events', {
          params: {
            query: {
              'pagination.count': 50,
              'pagination.cursor': pageParam || undefined,
              resourceId: integrations.find(({ slug }) => slug === about)?.id,
            },
          },
        }),
      ),
    enabled: !about || integrations.length > 0,
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  })
  const rows = log.data?.pages.flatMap(({ events }) => events) ?? []
  const slugOf = (id: string) => integrations.find((each) => each.id === id)?.slug
  return (
    <>
      <PageHead
        title="Audit"
        sub="Every change of your integrations and in your team, also when reviewers read a test account."
      >
        <select
          className={css.select}
          aria-label="Integration"
          value={about ?? ''}
          onChange={(event) =>
            void navigate({ search: { about: event.target.value || undefined }, replace: true })
          }
        >
          <option value="">Everything</option>
          {integrations.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name}
            </option>
          ))}
        </select>
      </PageHead>
      <Body>
        <Loaded query={log}>
          {() =>
            rows.length === 0 ? (
              <Empty title="Nothing was changed yet" />
            ) : (
              <div>
                <Table
                  label="Changes"
                  rows={rows}
                  id={({ id }) => id}
                  columns={[
                    {
                      head: 'when',
                      cell: ({ timestamp }) => (
                        <span className={css.nowrap}>
                          <Time at={timestamp} />
                        </span>
                      ),
                    },
                    { head: 'what', cell: ({ type }) => type },
                    {
                      head: 'of',
                      cell: ({ resourceId, resourceName }) => {
                        const slug = slugOf(resourceId)
                        return slug ? (
                          <Link to="/dev-portal/integrations/$slug/history" params={{ slug }} search={{}}>
                            {resourceName}
                          </Link>
                        ) : (
                          resourceName
                        )
                      },
                    },
                    { head: 'by', cell: ({ actor, actorEmail }) => actorEmail ?? <Muted>{actor}</Muted> },
                    { head: 'change', cell: (event) => <Change event={event} /> },
                  ]}
                />
                <More
                  there={log.hasNextPage}
                  busy={log.isFetchingNextPage}
                  load={() => void log.fetchNextPage()}
                />
              </div>
            )
          }
        </Loaded>
      </Body>
    </>
  )
}

function Change({ event }: { event: Shapes['AuditEvent'] }) {
  const parts = [
    ['before', event.before],
    ['after', event.after],
  ].filter(([, value]) => value !== null && value !== undefined)
  if (parts.length === 0) return null
  return (
    <details className={css.change}>
      <summary>
        Show<Spoken> the change: {event.type}</Spoken>
      </summary>
      {parts.map(([name, value]) => (
        <pre key={String(name)}>
          {String(name)} {JSON.stringify(value, null, 2)}
        </pre>
      ))}
    </details>
  )
}
