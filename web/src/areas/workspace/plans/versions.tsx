import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, inWorkspace, read } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { count, plural } from '../../../kit/figures'
import { Loaded, Problem, Skeleton } from '../../../kit/loaded'
import { Body, Muted, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { More, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { ChangeTable, useChange } from './change'
import { planQuery, restoreVersion, usePlanRefusal } from './data'
import { propertiesOf, ruleId, titleOf } from './rule'

/** What became of the plan over time; one version when the address names it. */
export function PlanVersions() {
  const { ws, plan } = getRouteApi('/w/$ws/tracking-plans/$plan/versions').useParams()
  const { version } = getRouteApi('/w/$ws/tracking-plans/$plan/versions').useSearch()
  const list = useInfiniteQuery({
    queryKey: ['w', ws, 'plans', plan, 'versions'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      read(
        api.GET('/tracking-plans/{trackingPlanId}/versions', {
          params: {
            path: { trackingPlanId: plan },
            query: { 'pagination.count': 50, 'pagination.cursor': pageParam },
            header: inWorkspace(ws),
          },
        }),
      ),
    getNextPageParam: ({ pagination }) => pagination.next ?? undefined,
  })
  useTitle('Versions', plan, ws)
  if (version !== undefined)
    return (
      <Body>
        <One ws={ws} plan={plan} revision={Number(version)} />
      </Body>
    )
  const rows = list.data?.pages.flatMap(({ versions }) => versions)
  return (
    <Body>
      {list.error && !rows ? (
        <Problem error={list.error} retry={() => void list.refetch()} />
      ) : !rows ? (
        <Skeleton />
      ) : (
        <>
          <Table
            label="Versions"
            rows={rows}
            id={({ revision }) => String(revision)}
            columns={[
              {
                head: 'version',
                cell: ({ revision }) => (
                  <Link
                    to="/w/$ws/tracking-plans/$plan/versions"
                    params={{ ws, plan }}
                    search={{ version: String(revision) }}
                  >
                    Version {count(revision)}
                  </Link>
                ),
              },
              { head: 'when', cell: ({ createdAt }) => <Time at={createdAt} /> },
              { head: 'by', cell: ({ madeBy, madeByEmail }) => madeByEmail ?? <code>{madeBy}</code> },
              { head: 'changes', number: true, cell: ({ changes }) => count(changes) },
              {
                head: 'breaking',
                number: true,
                cell: ({ breaking }) =>
                  breaking > 0 ? (
                    <Badge tone="bad" glyph="!">
                      {count(breaking)}
                    </Badge>
                  ) : (
                    <Muted>none</Muted>
                  ),
              },
            ]}
          />
          <More
            there={list.hasNextPage}
            busy={list.isFetchingNextPage}
            load={() => void list.fetchNextPage()}
          />
        </>
      )}
    </Body>
  )
}

function One({ ws, plan, revision }: { ws: string; plan: string; revision: number }) {
  const { review, dialog } = useChange(ws, plan)
  const refused = usePlanRefusal(ws)
  const current = useQuery(planQuery(ws, plan)).data?.plan.revision
  const query = useQuery({
    queryKey: ['w', ws, 'plans', plan, 'versions', revision],
    queryFn: () =>
      read(
        api.GET('/tracking-plans/{trackingPlanId}/versions/{revision}', {
          params: { path: { trackingPlanId: plan, revision: String(revision) }, header: inWorkspace(ws) },
        }),
      ),
  })
  return (
    <>
      <p>
        <Link to="/w/$ws/tracking-plans/$plan/versions" params={{ ws, plan }}>
          ‹ All versions
        </Link>
      </p>
      <Loaded query={query}>
        {({ version, rules, changes }) => (
          <>
            <Section
              title={`Version ${revision}`}
              sub={
                <>
                  {plural(changes.length, 'change')} by {version.madeByEmail ?? version.madeBy},{' '}
                  <Time at={version.createdAt} />
                </>
              }
              actions={
                revision === current ? (
                  <Badge tone="ok" glyph="●">
                    current
                  </Badge>
                ) : (
                  <Button
                    disabled={!!refused}
                    title={refused}
                    onClick={() =>
                      void review({
                        title: `Restore version ${revision}?`,
                        action: 'Restore',
                        done: `The rules are those of version ${revision} again`,
                        send: (sending) => restoreVersion(ws, plan, revision, sending),
                      }).catch(toastRefusal)
                    }
                  >
                    Restore this version
                  </Button>
                )
              }
            >
              {changes.length > 0 ? <ChangeTable changes={changes} /> : <Muted>Nothing but its name.</Muted>}
            </Section>
            <Section title={plural(rules.length, 'rule')}>
              <Table
                label="Rules of this version"
                rows={rules}
                id={ruleId}
                columns={[
                  { head: 'name', cell: titleOf },
                  { head: 'type', cell: ({ type }) => <Muted>{type.toLowerCase()}</Muted> },
                  { head: 'version', number: true, cell: ({ version }) => version },
                  {
                    head: 'properties',
                    number: true,
                    cell: ({ type, jsonSchema }) => propertiesOf(type, jsonSchema).length,
                  },
                ]}
              />
            </Section>
          </>
        )}
      </Loaded>
      {dialog}
    </>
  )
}
