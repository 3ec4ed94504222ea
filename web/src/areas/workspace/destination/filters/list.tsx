import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, inWorkspace, read } from '../../../../api/client'
import { LinkButton } from '../../../../kit/button'
import { Loaded } from '../../../../kit/loaded'
import { Body, Empty, Muted, Section, useTitle } from '../../../../kit/page'
import { toastRefusal } from '../../../../kit/refusal'
import { Switch } from '../../../../kit/switch'
import { Name, Table } from '../../../../kit/table'
import { Time } from '../../../../kit/time'
import { toast } from '../../../../kit/toast'
import { destinationQuery, useRefusal } from '../data'
import { filtersKey, filtersQuery } from './data'
import css from './filters.module.css'
import { doesInWords, type Filter } from './words'

/** Filters that one destination may have. */
const MOST = 10

/** What of its source's messages a destination gets. */
export function DestinationFilters() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const client = useQueryClient()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const filters = useQuery(filtersQuery(ws, id))
  const refused = useRefusal(ws, destination?.sourceId)
  useTitle('Filters', destination?.name, ws)
  const turn = useMutation({
    mutationFn: async ({ filter, enabled }: { filter: Filter; enabled: boolean }) => {
      const params = { path: { destinationId: id, filterId: filter.id }, header: inWorkspace(ws) }
      const body = { enabled }
      await read(api.PATCH('/destination/{destinationId}/filters/{filterId}', { params, body }))
    },
    onSuccess: async (_, { filter, enabled }) => {
      await client.invalidateQueries({ queryKey: filtersKey(ws, id) })
      toast(`${filter.title} is ${enabled ? 'on' : 'off'}`)
    },
    onError: toastRefusal,
  })
  if (!destination) return null
  const make = !refused && (filters.data?.length ?? 0) < MOST && (
    <LinkButton
      look="primary"
      to="/w/$ws/destinations/$destination/filters/new"
      params={{ ws, destination: id }}
    >
      New filter
    </LinkButton>
  )
  return (
    <Body>
      <Loaded query={filters}>
        {(filters) =>
          filters.length === 0 ? (
            <Empty title="No filters">
              <p>
                It gets every message of its source. A filter keeps some of them from it, sends a share, or
                takes fields out and changes them. You see what it does to recent messages before you save it.
              </p>
              {make}
            </Empty>
          ) : (
            <Section
              title="Filters"
              sub={`Each is asked of the message as it came. Shares and what is not sent come first, then fields that go, stay, are hashed, renamed and set; of two alike the older, which stands above, is first. At most ${MOST}.`}
              actions={make}
            >
              <Table<Filter>
                label="Filters"
                rows={filters}
                id={({ id }) => id}
                columns={[
                  {
                    head: 'on',
                    cell: (filter) => (
                      <Switch
                        on={filter.enabled}
                        what={`Filter ${filter.title}`}
                        busy={turn.isPending && turn.variables?.filter.id === filter.id}
                        disabled={!!refused}
                        onChange={(enabled) => turn.mutate({ filter, enabled })}
                      />
                    ),
                  },
                  { head: 'order', number: true, cell: (filter) => filters.indexOf(filter) + 1 },
                  {
                    head: 'filter',
                    cell: (filter) => (
                      <Name below={filter.description}>
                        <Link
                          to="/w/$ws/destinations/$destination/filters/$filter"
                          params={{ ws, destination: id, filter: filter.id }}
                        >
                          {filter.title}
                        </Link>
                      </Name>
                    ),
                  },
                  { head: 'if', cell: (filter) => <code className={css.fql}>{filter.if}</code> },
                  { head: 'it', cell: (filter) => <span className={css.does}>{doesInWords(filter)}</span> },
                  {
                    head: 'changed',
                    cell: ({ updatedAt }) => (
                      <Muted>
                        <Time at={updatedAt} />
                      </Muted>
                    ),
                  },
                ]}
              />
            </Section>
          )
        }
      </Loaded>
    </Body>
  )
}
