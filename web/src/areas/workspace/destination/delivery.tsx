import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { count, plural } from '../../../kit/figures'
import { Loaded, Problem, Skeleton } from '../../../kit/loaded'
import { Body, Muted, Note, Section, Toolbar, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { More, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import type { Line, SourceBooks } from '../accounting'
import { lineOf, missing, periodOf, pipelineOf, reasonsOf } from './books'
import { accountingQuery, type Destination, destinationQuery, useRefusal } from './data'
import css from './destination.module.css'
import { PeriodSelect } from './period'
import { stepName, wordsOf } from './reasons'
import { Coded } from './words'

/** What became of everything that was for one destination. */
export function DestinationDelivery() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const search = getRouteApi('/w/$ws/destinations/$destination/delivery').useSearch()
  const navigate = useNavigate()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  useTitle('Delivery', destination?.name, ws)
  const period = periodOf(search.period)
  const books = useQuery({
    ...accountingQuery(ws, destination?.sourceId ?? '', period),
    enabled: !!destination,
    placeholderData: (before) => before,
  })
  if (!destination) return null
  return (
    <Body>
      <Toolbar>
        <PeriodSelect
          value={period}
          onChange={(period) =>
            void navigate({
              to: '/w/$ws/destinations/$destination/delivery',
              params: { ws, destination: id },
              search: { ...search, period },
              replace: true,
            })
          }
        />
        <Muted>Counted by when messages were received.</Muted>
      </Toolbar>
      <Loaded query={books}>
        {(books) => (
          <Pipeline
            ws={ws}
            id={id}
            books={books}
            line={lineOf(books, id)}
            period={search.period}
            step={search.step}
          />
        )}
      </Loaded>
      <DeadLetters ws={ws} destination={destination} />
    </Body>
  )
}

const SIGN = { in: '', out: '−', waits: '', done: '' }

function Pipeline({
  ws,
  id,
  books,
  line,
  period,
  step: chosen,
}: {
  ws: string
  id: string
  books: SourceBooks
  line: Line
  period: string | undefined
  step: string | undefined
}) {
  const steps = pipelineOf(books, line)
  const shown = steps.filter((step) => !step.rare || step.count !== 0)
  const rest = missing(steps)
  const reasons = reasonsOf(books, line)
  const listed = chosen ? reasons.filter((reason) => reason.step === chosen) : reasons
  const withReasons = new Set(reasons.map(({ step }) => step))
  const share = (many: number) =>
    books.received === 0
      ? ''
      : `${((many / books.received) * 100).toFixed(many === books.received ? 0 : 1)} %`
  return (
    <>
      <div>
        <ol className={css.pipeline} aria-label="From received to delivered">
          {shown.map((step) => {
            const inside = (
              <>
                <span className={css.label}>{step.label}</span>
                <span className={css.count}>
                  {step.count > 0 && SIGN[step.role]}
                  {count(step.count)}
                </span>
                <span className={css.share}>{share(step.count)}</span>
              </>
            )
            return (
              <li
                key={step.id}
                className={css.step}
                data-role={step.role}
                data-some={step.count !== 0 || undefined}
              >
                {withReasons.has(step.id) ? (
                  <Link
                    to="/w/$ws/destinations/$destination/delivery"
                    params={{ ws, destination: id }}
                    search={{ period, step: chosen === step.id ? undefined : step.id }}
                    replace
                    resetScroll={false}
                    activeOptions={{ exact: true }}
                    aria-current={chosen === step.id ? 'true' : undefined}
                  >
                    {inside}
                  </Link>
                ) : (
                  <div>{inside}</div>
                )}
              </li>
            )
          })}
        </ol>
      </div>
      {rest === 0 ? (
        <p className={css.sum}>
          {books.received === 0 ? (
            'Nothing was received in this time.'
          ) : (
            <>
              ✓ {count(books.received)} received ={' '}
              {shown
                .filter(({ role, count }) => role !== 'in' && count !== 0)
                .map((step) => `${count(step.count)} ${step.label.toLowerCase()}`)
                .join(' + ')}
            </>
          )}
        </p>
      ) : (
        <Note tone="bad">
          <span>
            ✕ This does not balance: {plural(Math.abs(rest), 'message')}{' '}
            {rest > 0 ? 'received are not accounted for' : 'are accounted for that were not received'} in this
            time. Look again in a minute; if it stays so, tell whoever runs this server.
          </span>
        </Note>
      )}
      {line.balanced === false && rest === 0 && (
        <Note tone="bad">✕ The log holds another number of waiting messages than the books.</Note>
      )}
      {books.refused > 0 && (
        <p>
          <Muted>
            Beside these, {plural(books.refused, 'message')} {books.refused === 1 ? 'was' : 'were'} refused at
            the door of the source ({books.refusals.map(({ code }) => code).join(', ')}): the sender was told,
            and nothing was taken.
          </Muted>
        </p>
      )}
      <Section
        title="Reasons"
        sub={chosen ? `Of “${stepName(chosen)}” only.` : undefined}
        actions={
          chosen && (
            <Link
              to="/w/$ws/destinations/$destination/delivery"
              params={{ ws, destination: id }}
              search={{ period }}
              resetScroll={false}
            >
              Show all steps
            </Link>
          )
        }
      >
        {listed.length === 0 ? (
          <Muted>Nothing was stopped{chosen ? ' at this step' : ''} in this time.</Muted>
        ) : (
          <Table
            label="Reasons"
            rows={listed}
            id={(reason) => `${reason.step} ${reason.code}`}
            columns={[
              {
                head: 'reason',
                cell: (reason) => {
                  const words = wordsOf(reason.step, reason.code)
                  return (
                    <span className={css.reason}>
                      <span>
                        <Coded text={words.what} />
                      </span>
                      <small>
                        <Coded text={words.remedy} />
                      </small>
                    </span>
                  )
                },
              },
              { head: 'code', cell: (reason) => <code className={css.code}>{reason.code}</code> },
              { head: 'step', cell: (reason) => stepName(reason.step) },
              { head: 'messages', number: true, cell: (reason) => count(reason.count) },
            ]}
          />
        )}
      </Section>
    </>
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
                    {letter.excerpt && <span className={css.excerpt}>{letter.excerpt}</span>}
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
