import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { count, plural } from '../../../kit/figures'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Body, Excerpt, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { More, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { DeliveryOverview } from '../overview/overview'
import { type Destination, destinationQuery, useRefusal } from './data'
import css from './destination.module.css'
import { wordsOf } from './reasons'
import { Coded } from './words'

/** What became of everything that was for one destination. */
export function DestinationDelivery() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const search = getRouteApi('/w/$ws/destinations/$destination/delivery').useSearch()
  const navigate = useNavigate()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  useTitle('Delivery', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <DeliveryOverview
        ws={ws}
        scope={{ destination: id }}
        shown={search}
        onChange={(search) =>
          void navigate({
            to: '/w/$ws/destinations/$destination/delivery',
            params: { ws, destination: id },
            search,
            replace: true,
            resetScroll: false,
          })
        }
      />
      <DeadLetters ws={ws} destination={destination} />
    </Body>
  )
}

type Letter = Shapes['DeadLetter']

function DeadLetters({ ws, destination }: { ws: string; destination: Destination }) {
  const client = useQueryClient()
  const refused = !!useRefusal(ws, destination.sourceId)
  const params = { path: { destinationId: destination.id }, header: inWorkspace(ws) }
  const letters = useInfiniteQuery({
    queryKey: ['w', ws, 'destinations', destination.id, 'dead-letters'],
    initialPageParam: '',
    refetchInterval: 10_000,
    queryFn: async ({ pageParam }) => {
      const query = { after: pageParam || undefined, limit: 50 }
      const answer = api.GET('/destinations/{destinationId}/dead-letters', {
        params: { ...params, query },
      })
      const page = await read(answer)
      return { ...page, next: (await answer).data?.pagination.after ?? null }
    },
    getNextPageParam: (page) => page.next,
  })
  const again = useMutation({
    mutationFn: async (positions: string[] | null) => {
      const body = positions ? { positions } : { all: true }
      return (await read(api.POST('/destinations/{destinationId}/redeliver', { params, body }))).redelivered
    },
    onSuccess: async (many) => {
      toast(`${plural(many, 'message')} will be delivered again`)
      await client.invalidateQueries({ queryKey: ['w', ws, 'destinations', destination.id] })
      await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
    },
    onError: toastRefusal,
  })
  if (letters.error && !letters.data) {
    return <Problem error={letters.error} retry={() => letters.refetch()} />
  }
  if (!letters.data) return <Skeleton rows={2} />
  const rows: Letter[] = letters.data.pages.flatMap((page) => page.deadLetters)
  const total = letters.data.pages[0]?.total ?? 0
  return (
    <div id="dead-letters">
      <Section
        title="Dead letters"
        sub={
          total === 0
            ? 'Messages whose retries are used up would be kept here, to be delivered again by you.'
            : total === 1
              ? 'One message whose retries are used up. It stays until it is delivered or no longer kept.'
              : `${count(total)} messages whose retries are used up, the oldest first. They stay until they are delivered or no longer kept.`
        }
        actions={
          total > 1 && (
            <Button small busy={again.isPending} disabled={refused} onClick={() => again.mutate(null)}>
              Redeliver all {count(total)}
            </Button>
          )
        }
      >
        {rows.length > 0 && (
          <Table
            label="Dead letters"
            rows={rows}
            id={(letter) => letter.position}
            columns={[
              { head: 'received', cell: (letter) => <Time at={letter.receivedAt} /> },
              { head: 'given up', cell: (letter) => <Time at={letter.givenUpAt} /> },
              { head: 'attempts', number: true, cell: (letter) => count(letter.attempts) },
              {
                head: 'why',
                cell: (letter) => (
                  <span className={css.reason}>
                    <span>
                      <Coded text={wordsOf('failed_delivery', letter.code).what} />{' '}
                      <code className={css.code}>{letter.code}</code>
                    </span>
                    {letter.excerpt && <Excerpt>{letter.excerpt}</Excerpt>}
                  </span>
                ),
              },
              {
                head: '',
                cell: (letter) => (
                  <Button
                    small
                    busy={again.isPending && again.variables?.[0] === letter.position}
                    disabled={refused}
                    onClick={() => again.mutate([letter.position])}
                  >
                    Redeliver
                  </Button>
                ),
              },
            ]}
          />
        )}
        <More
          there={letters.hasNextPage}
          busy={letters.isFetchingNextPage}
          load={() => letters.fetchNextPage()}
        />
      </Section>
    </div>
  )
}
