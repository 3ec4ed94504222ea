import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, read, type Shapes } from '../../api/client'
import { LifeBadge } from '../../kit/badge'
import { Dialog } from '../../kit/dialog'
import { Search } from '../../kit/fields'
import { plural } from '../../kit/figures'
import { Filter, Filters } from '../../kit/filters'
import { Problem, Skeleton } from '../../kit/loaded'
import { Menu } from '../../kit/menu'
import { Body, Empty, Muted, PageHead, Toolbar, useTitle } from '../../kit/page'
import { More, Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import css from './catalog.module.css'
import { History } from './history'
import { integrationsQuery, reviewsQuery } from './queries'
import { useSearchText } from './use-search-text'
import { WordsDialog } from './words'

type Managed = Shapes['ManagedIntegration']
type Action = Shapes['ManageAction']

const ACTIONS: Record<
  Action,
  { verb: string; done: string; says: string; needsReason: boolean; danger?: boolean }
> = {
  publishBeta: {
    verb: 'Publish the beta',
    done: 'is listed as a beta',
    says: 'It is listed in the catalog with a beta badge, and becomes public when the beta ends.',
    needsReason: false,
  },
  deprecate: {
    verb: 'Deprecate',
    done: 'is deprecated',
    says: 'It is not offered to new customers. Sources that were made of it go on.',
    needsReason: true,
    danger: true,
  },
  restore: {
    verb: 'Restore',
    done: 'is restored',
    says: 'It is offered again, or goes back to being built if it was never listed.',
    needsReason: false,
  },
  remove: {
    verb: 'Remove',
    done: 'is removed from the catalog',
    says: 'It leaves the catalog, and what waits for review is closed with it. You can restore it.',
    needsReason: true,
    danger: true,
  },
}

const STATUSES: [key: string | undefined, label: string, of: Shapes['State'][]][] = [
  [undefined, 'All', []],
  ['building', 'Building', ['PRIVATE_BUILDING']],
  ['review', 'In review', ['PRIVATE_SUBMITTED']],
  ['beta', 'Beta', ['PRIVATE_BETA', 'PUBLIC_BETA']],
  ['public', 'Public', ['PUBLIC']],
  ['deprecated', 'Deprecated', ['DEPRECATED']],
  ['removed', 'Not listed', ['UNAVAILABLE']],
]

/** Every listing, and what may be done with it. */
export function ManageCatalog() {
  useTitle('Catalog')
  const search = getRouteApi('/platform/catalog').useSearch()
  const { q, status, history } = search
  const navigate = useNavigate()
  const client = useQueryClient()
  const [acting, setActing] = useState<{ on: Managed; action: Action }>()
  const list = useInfiniteQuery(integrationsQuery(q ?? ''))
  const clocks = useQuery(clocksQuery).data
  const open = useQuery(reviewsQuery()).data
  const [text, setText] = useSearchText(q, (value) =>
    navigate({ to: '/platform/catalog', search: { ...search, q: value }, replace: true }),
  )
  const states = STATUSES.find(([key]) => key === status)?.[2] ?? []
  const all = list.data?.pages.flatMap((page) => page.integrations)
  const shown = all?.filter((row) => states.length === 0 || states.includes(row.status))
  const historyOf = (slug: string | undefined) =>
    void navigate({ to: '/platform/catalog', search: { ...search, history: slug } })

  const act = async (reason: string) => {
    if (!acting) return
    const { on, action } = acting
    try {
      await read(
        api.POST('/operator/integrations/{integrationId}/actions', {
          params: { path: { integrationId: on.id }, header: { 'If-Match': on.etag } },
          body: { action, reason },
        }),
      )
    } catch (error) {
      // The list is fetched again below the dialog, so that the next try is on what holds now.
      if (error instanceof ApiFailure && error.status === 412) {
        const fresh = await list.refetch()
        const now = fresh.data?.pages.flatMap((page) => page.integrations).find((row) => row.id === on.id)
        if (now) setActing({ on: now, action })
      }
      throw error
    }
    await client.invalidateQueries({ queryKey: ['operator'] })
    toast(`${on.name} ${ACTIONS[action].done}`)
  }
  return (
    <>
      <PageHead
        title="Catalog"
        sub="Every integration, private ones as well, and what may be done with it."
      />
      <Body>
        <Toolbar>
          <Search label="Search integrations" placeholder="Name or slug…" value={text} onChange={setText} />
          <Filters label="State">
            {STATUSES.map(([key, label]) => (
              <Filter
                key={label}
                to="/platform/catalog"
                search={{ q, status: key }}
                activeOptions={{ exact: true }}
              >
                {label}
              </Filter>
            ))}
          </Filters>
          {shown && <Muted>{plural(shown.length, 'integration')}</Muted>}
        </Toolbar>
        {!shown ? (
          list.error ? (
            <Problem error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Skeleton rows={6} />
          )
        ) : shown.length === 0 ? (
          <Empty title="None of these">
            <p>
              Nothing has this state{q && <> and “{q}” in its name</>}.{' '}
              <Link to="/platform/catalog" search={{}} onClick={() => setText('')}>
                Show all
              </Link>
            </p>
          </Empty>
        ) : (
          <>
            <Table
              label="Integrations"
              rows={shown}
              id={(row) => row.id}
              columns={[
                {
                  head: 'integration',
                  cell: ({ name, slug, status: state }) => (
                    <Name below={slug}>
                      {state === 'PUBLIC' || state === 'PUBLIC_BETA' ? (
                        <Link to="/catalog/$slug" params={{ slug }}>
                          {name}
                        </Link>
                      ) : (
                        name
                      )}
                    </Name>
                  ),
                },
                {
                  head: 'state',
                  cell: (row) => (
                    <span className={css.state}>
                      <LifeBadge status={row.status} betaEndsAt={clocks?.get(row.slug)} />
                      {row.removedReason && <Muted>{row.removedReason}</Muted>}
                    </span>
                  ),
                },
                { head: 'kind', cell: ({ kind }) => kind },
                { head: 'made by', cell: ({ partnerId }) => (partnerId ? 'a partner' : 'us') },
                {
                  head: 'approved',
                  cell: ({ approvedAt }) => (approvedAt ? <Time at={approvedAt} /> : '–'),
                },
                {
                  head: '',
                  cell: (row) => {
                    const review = open?.find(({ slug }) => slug === row.slug)
                    return (
                      <Menu
                        label={`What to do with ${row.name}`}
                        className={css.more!}
                        groups={[
                          {
                            choices: [
                              { label: 'History', run: () => historyOf(row.slug) },
                              ...(review
                                ? [{ label: 'Open the review', href: `/platform/reviews/${review.id}` }]
                                : []),
                              ...row.allowed
                                .filter((action): action is Action => action in ACTIONS)
                                .map((action) => ({
                                  label: `${ACTIONS[action].verb}…`,
                                  run: () => setActing({ on: row, action }),
                                })),
                            ],
                          },
                        ]}
                      >
                        ⋯
                      </Menu>
                    )
                  },
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
      {acting && (
        <WordsDialog
          open
          onClose={() => setActing(undefined)}
          title={`${ACTIONS[acting.action].verb}: ${acting.on.name}?`}
          label="Reason"
          hint={acting.on.partnerId ? 'The partner reads it.' : 'For the history.'}
          action={ACTIONS[acting.action].verb}
          danger={ACTIONS[acting.action].danger}
          optional={!ACTIONS[acting.action].needsReason}
          field="reason"
          run={act}
        >
          <p>{ACTIONS[acting.action].says}</p>
        </WordsDialog>
      )}
      <Dialog
        title={`History of ${all?.find(({ slug }) => slug === history)?.name ?? history ?? ''}`}
        open={!!history}
        onClose={() => historyOf(undefined)}
      >
        {history && <History integrationId={history} />}
      </Dialog>
    </>
  )
}

/** When the betas that are listed end, by slug. */
const clocksQuery = {
  queryKey: ['operator', 'integrations', 'clocks'],
  queryFn: async () => {
    const { sourcesCatalog } = await read(
      api.GET('/catalog/sources', { params: { query: { 'pagination.count': 1000 } } }),
    )
    return new Map(sourcesCatalog.map(({ slug, beta }) => [slug, beta?.endsAt]))
  },
}
