import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Badge } from '../../../../kit/badge'
import { LinkButton } from '../../../../kit/button'
import { count } from '../../../../kit/figures'
import { Loaded } from '../../../../kit/loaded'
import { Body, Empty, Section, useTitle } from '../../../../kit/page'
import { Progress } from '../../../../kit/progress'
import { Name, Table } from '../../../../kit/table'
import { exactly, Time } from '../../../../kit/time'
import { destinationQuery, useRefusal } from '../data'
import { replaysQuery } from './data'
import css from './replays.module.css'
import { askedInWords, lasting, lookOf, moves, type Replay } from './words'

/** What was sent again to one destination, and what is being sent. */
export function Replays() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const replays = useQuery(replaysQuery(ws, id))
  const refused = useRefusal(ws, destination?.sourceId)
  useTitle('Replay', destination?.name, ws)
  if (!destination) return null
  const make = !refused && (
    <LinkButton
      look="primary"
      to="/w/$ws/destinations/$destination/replays/new"
      params={{ ws, destination: id }}
    >
      New replay
    </LinkButton>
  )
  return (
    <Body>
      <Loaded query={replays}>
        {(replays) =>
          replays.length === 0 ? (
            <Empty title="Nothing was replayed yet">
              <p>
                A replay sends what the source received in a time once more, to this destination alone: after
                it was down for too long, or to fill it with what came before it was connected. What there is
                is counted first, and nothing is sent until you say so.
              </p>
              {make}
            </Empty>
          ) : (
            <Section
              title="Replays"
              sub="What the source received in a time, sent once more to this destination alone. Each message carries the replay’s id in context.replay."
              actions={make}
            >
              <Table<Replay>
                label="Replays"
                rows={replays}
                id={(replay) => replay.id}
                columns={[
                  {
                    head: 'received between',
                    cell: (replay) => (
                      <Name below={askedInWords(replay)}>
                        <Link
                          to="/w/$ws/destinations/$destination/replays/$replay"
                          params={{ ws, destination: id, replay: replay.id }}
                        >
                          <Span replay={replay} />
                        </Link>
                      </Name>
                    ),
                  },
                  {
                    head: 'state',
                    cell: (replay) => (
                      <span className={css.progress}>
                        <span>
                          <StateOf replay={replay} />
                        </span>
                        <Progress
                          value={replay.progress}
                          live={moves(replay)}
                          label={`Progress of the replay made ${exactly(replay.createdAt)}`}
                        />
                        {replay.state === 'running' && !!replay.secondsLeft && (
                          <small>{lasting(replay.secondsLeft)} left</small>
                        )}
                      </span>
                    ),
                  },
                  {
                    head: 'messages',
                    cell: (replay) => (
                      <span className={css.counts}>
                        <strong>{count(replay.matched)} found</strong>
                        <span>{count(replay.delivered)} delivered</span>
                        {replay.filtered > 0 && <span>{count(replay.filtered)} filtered</span>}
                        {replay.refused > 0 && (
                          <span className={css.bad}>{count(replay.refused)} refused</span>
                        )}
                      </span>
                    ),
                  },
                  { head: 'made', cell: (replay) => <Time at={replay.createdAt} /> },
                ]}
              />
            </Section>
          )
        }
      </Loaded>
    </Body>
  )
}

const stamp = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** From when to when; what begins with the first message ever says so. */
export function Span({ replay: { from, to } }: { replay: Replay }) {
  const begin = new Date(from)
  return (
    <>
      {begin.getTime() <= 0 ? 'the beginning' : stamp.format(begin)} – {stamp.format(new Date(to))}
    </>
  )
}

/** Its state in a word. */
export function StateOf({ replay }: { replay: Replay }) {
  const { tone, glyph, word } = lookOf(replay)
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}
