import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, inWorkspace, read } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Code, Id } from '../../../kit/copy'
import { bytes, count, duration } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { titleOf } from '../../../kit/options-form'
import { Body, Columns, Figures, Muted, Note, Pairs, Panel, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { useOwner } from '../data'
import {
  type Delivery,
  type Destination,
  deliveryQuery,
  destinationQuery,
  useRefusal,
  useSwitch,
} from './data'
import css from './destination.module.css'
import { wordsOf } from './reasons'
import { pauseCause, stateOf } from './state'
import { Coded } from './words'

/** How one destination fares now. */
export function DestinationOverview() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const delivery = useQuery(deliveryQuery(ws, id))
  const owner = useOwner(ws)
  useTitle('Overview', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <Loaded query={delivery}>
        {(delivery) => (
          <Columns
            side={
              <>
                <About destination={destination} delivery={delivery} />
                {owner && (
                  <Link to="/w/$ws/alerts/new" params={{ ws }} search={{ about: id }}>
                    Tell somebody when it stops
                  </Link>
                )}
              </>
            }
          >
            <Now ws={ws} destination={destination} delivery={delivery} />
            <Figures
              of={[
                { name: 'delivered', value: count(delivery.delivered) },
                {
                  name: 'pending',
                  value: count(delivery.pending),
                  note: delivery.retrying > 0 && `${count(delivery.retrying)} being retried`,
                },
                { name: 'discarded', value: count(delivery.discarded) },
                {
                  name: 'dead letters',
                  value: count(delivery.exhausted),
                  note: delivery.exhausted > 0 && (
                    <Link
                      to="/w/$ws/destinations/$destination/delivery"
                      params={{ ws, destination: id }}
                      hash="dead-letters"
                    >
                      See them
                    </Link>
                  ),
                },
              ]}
            />
            <LastError delivery={delivery} />
          </Columns>
        )}
      </Loaded>
    </Body>
  )
}

/** What to know and to do about its state. */
function Now({ ws, destination, delivery }: { ws: string; destination: Destination; delivery: Delivery }) {
  const client = useQueryClient()
  const turn = useSwitch(ws)
  const refused = !!useRefusal(ws, destination.sourceId)
  const { state, tone, word, says } = stateOf(destination, delivery)
  const resume = useMutation({
    mutationFn: async () => {
      const params = { path: { destinationId: destination.id }, header: inWorkspace(ws) }
      return (await read(api.POST('/destinations/{destinationId}/resume', { params }))).resumed
    },
    onSuccess: async (resumed) => {
      toast(resumed ? 'Delivery goes on' : 'It was not paused any more')
      await client.invalidateQueries({ queryKey: ['w', ws, 'destinations', destination.id] })
    },
    onError: toastRefusal,
  })
  const settings = (
    <Link to="/w/$ws/destinations/$destination/settings" params={{ ws, destination: destination.id }}>
      Settings
    </Link>
  )
  switch (state) {
    case 'disabled':
      return (
        <Note>
          <span>It is off: nothing is sent to it, and messages that come meanwhile are not kept for it.</span>
          <Button
            look="primary"
            busy={turn.isPending}
            disabled={refused}
            onClick={() => turn.mutate({ destination, enabled: true })}
          >
            Enable
          </Button>
        </Note>
      )
    case 'paused':
      return (
        <Note tone="warn">
          <span>
            Paused{' '}
            {delivery.pause && (
              <>
                <Time at={delivery.pause.at} />: {pauseCause(delivery.pause.cause)}
              </>
            )}
            . Messages wait. Mend the receiver or its {settings} first.
          </span>
          <Button look="primary" busy={resume.isPending} disabled={refused} onClick={() => resume.mutate()}>
            Resume
          </Button>
        </Note>
      )
    case 'misconfigured':
      return (
        <Note tone="bad">
          <span>
            Its settings do not fit, so messages wait. Mend them in {settings}.
            {delivery.problems?.map(({ key, problem }) => {
              const option = destination.metadata.options.find(({ name }) => name === key)
              return ` ${option ? titleOf(option) : key} ${problem}.`
            })}
          </span>
        </Note>
      )
    case 'retrying':
    case 'failing':
    case 'recovering':
    case 'stopped':
      return (
        <Note tone={tone === 'bad' ? 'bad' : 'warn'}>
          <span>
            {word}. {says}
            {delivery.failing && (
              <>
                {' '}
                Nothing has arrived since <Time at={delivery.failing.since} />; left so, it is paused{' '}
                <Time at={delivery.failing.pausesAt} />.
              </>
            )}
          </span>
        </Note>
      )
    default:
      return null
  }
}

function LastError({ delivery }: { delivery: Delivery }) {
  const error = delivery.lastError
  if (!error) return null
  const words = wordsOf('failed_delivery', error.code)
  return (
    <Section title="Last error" sub={<Time at={error.at} />}>
      <Panel>
        <div className={css.answer}>
          <p>
            <Coded text={words.what} /> <code className={css.code}>{error.code}</code>
          </p>
          <Muted>
            <Coded text={words.remedy} />
          </Muted>
          {error.excerpt && <Code text={error.excerpt} label="What it answered" />}
        </div>
      </Panel>
    </Section>
  )
}

const BREAKER = {
  closed: 'closed: messages go out',
  open: 'open: messages wait',
  half_open: 'half open: a few are tried',
}

function About({ destination, delivery }: { destination: Destination; delivery: Delivery }) {
  // Neither off nor paused does it try anything by itself.
  const goes = destination.enabled && !delivery.pause
  return (
    <Panel>
      <Pairs
        of={[
          ['Breaker', goes ? BREAKER[delivery.breaker.state] : null],
          [
            'Next probe',
            goes && delivery.breaker.probeAt ? <Time key="probe" at={delivery.breaker.probeAt} /> : null,
          ],
          [
            'Next retry',
            goes && delivery.nextRetryAt ? <Time key="retry" at={delivery.nextRetryAt} /> : null,
          ],
          ['Last delivered', <Time key="last" at={delivery.lastDeliveredAt} />],
          [
            'Oldest waiting',
            delivery.lag.oldestWaitingAt && <Time key="lag" at={delivery.lag.oldestWaitingAt} />,
          ],
          ['Behind', delivery.lag.bytes > 0 ? bytes(delivery.lag.bytes) : null],
          ['In flight', delivery.inFlight > 0 ? count(delivery.inFlight) : null],
          ['Retries', delivery.retried > 0 ? count(delivery.retried) : null],
          ['Retried for', duration(delivery.retryFor * 1000)],
          ['Added', <Time key="added" at={destination.createdAt} date />],
          ['Destination ID', <Id key="id" value={destination.id} what="destination ID" />],
        ]}
      />
    </Panel>
  )
}
