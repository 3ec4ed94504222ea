import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { told } from '../../../kit/fields'
import { count, duration } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Excerpt, Muted, Note, Section, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { exactly, Time } from '../../../kit/time'
import { destinationQuery, syncsQuery } from './data'
import css from './destination.module.css'

type Receipt = Shapes['SyncReceipt']
type Sync = Shapes['SyncEntry']

const LOOKS: Record<string, { tone: 'ok' | 'warn' | 'bad'; glyph: string; word: string }> = {
  success: { tone: 'ok', glyph: '✓', word: 'loaded' },
  partial: { tone: 'warn', glyph: '◑', word: 'loaded, with notices' },
  failure: { tone: 'bad', glyph: '✕', word: 'failed' },
}

/** How far a destination that is loaded in bulk is complete, and what its last loads brought. */
export function DestinationSyncs() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const syncs = useQuery(syncsQuery(ws, id))
  useTitle('Syncs', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      {syncs.data && syncs.error && (
        <Note tone="warn">
          <span role="status">
            The history cannot be read just now; what stands here is from{' '}
            <Time at={new Date(syncs.dataUpdatedAt).toISOString()} />.{' '}
            <Excerpt>{told(failureFaults(syncs.error)[0]!)}</Excerpt>
          </span>
        </Note>
      )}
      <Loaded query={syncs}>
        {({ kept, receipts, syncs }) =>
          !kept ? (
            <Empty title="There is nothing like a sync here">
              <p>{destination.metadata.name} gets messages one by one, so it keeps no history of loads.</p>
            </Empty>
          ) : receipts.length === 0 && syncs.length === 0 ? (
            <Empty title="Nothing was loaded yet">
              <p>
                Once messages were loaded, it stands here up to when everything is there, and what each load
                brought.
              </p>
            </Empty>
          ) : (
            <>
              <Section
                title="Complete"
                sub="Everything that was received up to then was loaded, or discarded for a reason that Delivery shows."
              >
                <Receipts receipts={receipts} />
              </Section>
              <Section title="History" sub="Up to a minute of loads in each row, the newest first.">
                <History syncs={syncs} />
              </Section>
            </>
          )
        }
      </Loaded>
    </Body>
  )
}

function Receipts({ receipts }: { receipts: Receipt[] }) {
  return (
    <Table
      label="Complete"
      rows={receipts}
      id={({ source }) => source}
      columns={[
        { head: 'source', cell: ({ source }) => <code className={css.code}>{source}</code> },
        {
          head: 'complete up to',
          cell: ({ completeUntil }) =>
            completeUntil ? (
              <Name below={<Time at={completeUntil} />}>{exactly(completeUntil)}</Name>
            ) : (
              <Muted>nothing yet</Muted>
            ),
        },
        {
          head: 'newest loaded',
          cell: ({ loadedUntil }) => (loadedUntil ? <Name>{exactly(loadedUntil)}</Name> : '–'),
        },
        { head: 'messages', number: true, cell: ({ messages }) => count(messages) },
        { head: 'rows', number: true, cell: ({ rows }) => count(rows) },
      ]}
    />
  )
}

function History({ syncs }: { syncs: Sync[] }) {
  return (
    <Table
      label="History"
      rows={syncs}
      id={({ source, startedAt, status }) => `${source} ${startedAt} ${status}`}
      bad={({ status }) => status === 'failure'}
      columns={[
        {
          head: 'status',
          cell: ({ status }) => {
            const look = LOOKS[status]
            return look ? (
              <Badge tone={look.tone} glyph={look.glyph}>
                {look.word}
              </Badge>
            ) : (
              status
            )
          },
        },
        {
          head: 'began',
          cell: ({ source, startedAt }) => <Name below={source}>{exactly(startedAt)}</Name>,
        },
        {
          head: 'took',
          number: true,
          cell: ({ startedAt, endedAt }) => duration(Date.parse(endedAt) - Date.parse(startedAt)),
        },
        { head: 'loads', number: true, cell: ({ loads }) => count(loads) },
        { head: 'messages', number: true, cell: ({ messages }) => count(messages) },
        { head: 'rows', number: true, cell: ({ rows }) => count(rows) },
        {
          head: 'to know',
          cell: ({ error, notices }) =>
            (error || notices) && (
              <span className={css.reason}>
                {error && <Excerpt>{error}</Excerpt>}
                {notices && <Excerpt>{notices}</Excerpt>}
              </span>
            ),
        },
      ]}
    />
  )
}
