import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Id } from '../../../../kit/copy'
import { Confirm } from '../../../../kit/dialog'
import { sentence } from '../../../../kit/fields'
import { bytes, count, plural } from '../../../../kit/figures'
import { Loaded } from '../../../../kit/loaded'
import {
  Body,
  Columns,
  Empty,
  Excerpt,
  Figures,
  Muted,
  Note,
  Pairs,
  Panel,
  Section,
  useTitle,
} from '../../../../kit/page'
import { Progress } from '../../../../kit/progress'
import { toastRefusal } from '../../../../kit/refusal'
import { Table } from '../../../../kit/table'
import { Time } from '../../../../kit/time'
import { destinationQuery, useRefusal } from '../data'
import shared from '../destination.module.css'
import { wordsOf } from '../reasons'
import { Coded } from '../words'
import { replayQuery, useOrder } from './data'
import { Span, StateOf } from './list'
import css from './replays.module.css'
import { accountOf, askedInWords, hasEnded, lasting, moves, ordersFor, type Replay, troubleOf } from './words'

/** One replay: what it would send, what it sends, what it sent. */
export function ReplayPage() {
  const {
    ws,
    destination: id,
    replay,
  } = getRouteApi('/w/$ws/destinations/$destination/replays/$replay').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const query = useQuery(replayQuery(ws, id, replay))
  const refused = !!useRefusal(ws, destination?.sourceId)
  useTitle('Replay', destination?.name, ws)
  if (query.error instanceof ApiFailure && query.error.status === 404) {
    return (
      <Body>
        <Empty title="There is no such replay">
          <p>Ended ones are forgotten after a while.</p>
          <Link to="/w/$ws/destinations/$destination/replays" params={{ ws, destination: id }}>
            All replays
          </Link>
        </Empty>
      </Body>
    )
  }
  return (
    <Body>
      <p>
        <Link to="/w/$ws/destinations/$destination/replays" params={{ ws, destination: id }}>
          ← All replays
        </Link>
      </p>
      <Loaded query={query}>
        {(replay) => (
          <Columns side={<About replay={replay} />}>
            <Now ws={ws} replay={replay} refused={refused} />
            <Account replay={replay} />
            <Refusals ws={ws} replay={replay} />
          </Columns>
        )}
      </Loaded>
    </Body>
  )
}

const VERBS = { start: 'Start replay', pause: 'Pause', resume: 'Resume', cancel: 'Cancel replay' }

/** What it does now, and what it can be told. */
function Now({ ws, replay, refused }: { ws: string; replay: Replay; refused: boolean }) {
  const order = useOrder(ws, replay)
  const [asking, setAsking] = useState(false)
  const { state, problem, left } = replay
  const nothing = state === 'ready' && replay.matched === 0
  const trouble = problem && troubleOf(problem.code)
  return (
    <>
      <div className={css.now}>
        <div className={css.state} aria-live="polite">
          <StateOf replay={replay} />
          <span>{saidOf(replay)}</span>
        </div>
        {state !== 'ready' && (
          <Progress
            value={replay.progress}
            live={moves(replay)}
            label={state === 'counting' ? 'Counted' : 'Sent'}
          />
        )}
        <div className={css.orders}>
          {ordersFor(replay)
            .filter((each) => !(each === 'start' && nothing))
            .map((each) => (
              <Button
                key={each}
                look={each === 'start' || each === 'resume' ? 'primary' : 'plain'}
                busy={order.isPending && order.variables === each}
                disabled={refused}
                onClick={() =>
                  each === 'cancel' ? setAsking(true) : order.mutate(each, { onError: toastRefusal })
                }
              >
                {VERBS[each]}
              </Button>
            ))}
        </div>
      </div>
      {problem && trouble && (
        <Note tone="bad">
          <span>
            <strong>{trouble.what}</strong> {trouble.remedy}{' '}
            {trouble.settings && (
              <Link
                to="/w/$ws/destinations/$destination/settings"
                params={{ ws, destination: replay.destination }}
              >
                Settings
              </Link>
            )}
            {problem.detail && (
              <span className={css.detail}>
                <Excerpt>{sentence(problem.detail)}</Excerpt>
              </span>
            )}
          </span>
        </Note>
      )}
      <Confirm
        title="Cancel this replay?"
        open={asking}
        onClose={() => setAsking(false)}
        action="Cancel replay"
        run={() => order.mutateAsync('cancel')}
      >
        <p>
          {replay.startedAt
            ? `What was sent stays sent; ${plural(left ?? 0, 'message')} will not be. It cannot go on afterwards, only be made anew.`
            : 'Nothing was sent, and nothing will be.'}
        </p>
      </Confirm>
    </>
  )
}

function saidOf({ state, matched, bytes: size, perSecond, secondsLeft, left, refused }: Replay): string {
  switch (state) {
    case 'counting':
      return `${plural(matched, 'message')} found so far. Nothing is sent yet.`
    case 'ready':
      return matched === 0
        ? 'No message fits. Choose another time, or leave out a condition.'
        : `${plural(matched, 'message')}, ${bytes(size)}. At ${count(perSecond)} a second it takes about ${lasting(secondsLeft ?? 0)}. Nothing is sent until you start it.`
    case 'running':
      return `About ${lasting(secondsLeft ?? 0)} left, at ${count(perSecond)} a second.`
    case 'paused':
      return `${plural(left ?? 0, 'message')} still to send.`
    case 'done':
      return refused > 0 ? 'Everything was sent; some of it was refused.' : 'Everything was sent.'
    case 'cancelled':
      return `${plural(left ?? 0, 'message')} not sent.`
    default:
      return ''
  }
}

function Account({ replay }: { replay: Replay }) {
  const account = accountOf(replay)
  return (
    <div>
      <Figures
        of={[
          { name: 'found', value: count(replay.matched), note: bytes(replay.bytes) },
          { name: 'delivered', value: count(replay.delivered) },
          { name: 'filtered', value: count(replay.filtered) },
          { name: 'refused', value: count(replay.refused), bad: replay.refused > 0 },
          {
            name: hasEnded(replay) ? 'not sent' : 'left',
            value: typeof replay.left === 'number' ? count(replay.left) : '–',
          },
        ]}
      />
      {account && <p className={css.account}>✓ {account}</p>}
    </div>
  )
}

/** The first messages that the destination refused, each with the way to it. */
function Refusals({ ws, replay }: { ws: string; replay: Replay }) {
  if (replay.refused === 0) return null
  // What a destination gets comes from one source.
  const source = replay.sources[0]?.split('/').at(-1)
  return (
    <Section
      title="Refused"
      sub={
        replay.refused > replay.samples.length
          ? `The first ${count(replay.samples.length)} of ${count(replay.refused)} messages that the destination did not take.`
          : 'What the destination did not take.'
      }
    >
      <Table
        label="Refused messages"
        rows={replay.samples}
        id={({ position }) => position}
        columns={[
          {
            head: 'reason',
            cell: ({ code }) => {
              const { what, remedy } = wordsOf('failed_delivery', code)
              return (
                <span className={shared.reason}>
                  <span>
                    <Coded text={what} /> <code className={shared.code}>{code}</code>
                  </span>
                  <small>
                    <Coded text={remedy} />
                  </small>
                </span>
              )
            },
          },
          {
            head: 'it answered',
            cell: ({ excerpt }) => (excerpt ? <Excerpt>{excerpt}</Excerpt> : <Muted>nothing</Muted>),
          },
          {
            head: 'message',
            cell: ({ position }) =>
              source && (
                <Link
                  to="/w/$ws/sources/$source/debugger"
                  params={{ ws, source }}
                  search={{ at: position }}
                  aria-label={`Open message ${position}`}
                >
                  Open
                </Link>
              ),
          },
        ]}
      />
    </Section>
  )
}

function About({ replay }: { replay: Replay }) {
  return (
    <Panel>
      <Pairs
        of={[
          ['Received', <Span key="span" replay={replay} />],
          ['From', replay.sources.join(', ') || null],
          ['Only', askedInWords(replay)],
          ['At most', `${count(replay.perSecond)} a second`],
          ['Made', <Time key="made" at={replay.createdAt} />],
          ['Started', replay.startedAt ? <Time key="started" at={replay.startedAt} /> : null],
          ['Ended', replay.endedAt ? <Time key="ended" at={replay.endedAt} /> : null],
          ['Replay ID', <Id key="id" value={replay.id} what="replay ID" />],
        ]}
      />
    </Panel>
  )
}
