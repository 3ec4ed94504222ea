import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, read, type Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { bytes, count, duration, plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, Pairs, Panel, Section, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { exactly, Time, useNow } from '../../kit/time'
import css from './system.module.css'

type System = Shapes['System']

/** Throughput, lag, disk, log, balance sheet. */
export function SystemPage() {
  useTitle('System')
  const system = useQuery({
    queryKey: ['operator', 'system'],
    refetchInterval: 5_000,
    queryFn: async () => (await read(api.GET('/operator/system'))).system,
  })
  return (
    <>
      <PageHead
        title="System"
        sub="The process that answers, and what runs in it. Read every five seconds."
      />
      <Body>
        <Loaded query={system} rows={8}>
          {(found) => (
            <>
              <Warnings system={found} />
              <Rates system={found} />
              <Books system={found} />
              <Lag system={found} />
              <div className={css.pair}>
                <Log system={found} />
                <Process system={found} />
              </div>
            </>
          )}
        </Loaded>
      </Body>
    </>
  )
}

/** What needs an operator now. */
function Warnings({ system }: { system: System }) {
  const { log, disk, configuration, mail, books } = system
  const free = disk ? disk.freeBytes / Math.max(1, disk.totalBytes) : 1
  return (
    <>
      {log.stopped && (
        <Note tone="bad">
          The log has stopped after a failed write. Messages are refused until the process is started again.
        </Note>
      )}
      {log.full && <Note tone="bad">The disk is full. Messages are refused until there is room.</Note>}
      {!log.full && free < 0.1 && (
        <Note tone="warn">Less than a tenth of the disk is free: {bytes(disk!.freeBytes)}.</Note>
      )}
      {books?.balanced === false && (
        <Note tone="bad">The books do not balance with the log: look at the figures below.</Note>
      )}
      {configuration.stale && (
        <Note tone="warn">
          The configuration file was changed and is not in effect. {configuration.detail}
        </Note>
      )}
      {mail.failed > 0 && (
        <Note tone="warn">
          {plural(mail.failed, 'mail')} could not be sent. <Link to="/platform/mails">Look at the mails</Link>
        </Note>
      )}
    </>
  )
}

const rate = (perSecond: number) =>
  perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))

function Rates({ system: { throughput } }: { system: System }) {
  if (!throughput) {
    return (
      <Section title="Coming in">
        <Muted>Nothing is counted in this process.</Muted>
      </Section>
    )
  }
  const figures: [string, number][] = [
    ['accepted', throughput.acceptedPerSecond],
    ['duplicates', throughput.duplicatesPerSecond],
    ['discarded', throughput.discardedPerSecond],
    ['refused', throughput.refusedPerSecond],
  ]
  return (
    <Section title="Coming in" sub={`A second, in the minute until ${exactly(throughput.to)}.`}>
      <dl className={css.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {rate(value)} <small>/s</small>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function Books({ system: { books } }: { system: System }) {
  if (!books) return null
  const { balanced, behindBytes } = books
  return (
    <Section
      title="Balance sheet"
      sub={`What came in equals what was accepted, known already, or discarded with a reason. From ${exactly(books.from)} to ${exactly(books.to)}.`}
      actions={
        balanced === true ? (
          <Badge tone="ok" glyph="✓">
            balanced
          </Badge>
        ) : balanced === false ? (
          <Badge tone="bad" glyph="✕">
            not balanced
          </Badge>
        ) : (
          <Badge glyph="○">not counted against the log</Badge>
        )
      }
    >
      <Panel>
        <dl className={css.sheet}>
          <div>
            <dt>received</dt>
            <dd>{count(books.received)}</dd>
          </div>
          <div>
            <dt>= accepted</dt>
            <dd>{count(books.accepted)}</dd>
          </div>
          <div>
            <dt>+ duplicates</dt>
            <dd>{count(books.duplicates)}</dd>
          </div>
          <div>
            <dt>+ discarded</dt>
            <dd>{count(books.discarded)}</dd>
          </div>
          <div>
            <dt>refused, beside them</dt>
            <dd>{count(books.refused)}</dd>
          </div>
        </dl>
      </Panel>
      {behindBytes > 0 && <Muted>The books have still to read {bytes(behindBytes)} of the log.</Muted>}
    </Section>
  )
}

const STATES: Record<string, { tone: 'ok' | 'warn' | 'bad' | 'sunk'; glyph: string }> = {
  active: { tone: 'ok', glyph: '●' },
  failing: { tone: 'bad', glyph: '✕' },
  misconfigured: { tone: 'bad', glyph: '!' },
  paused: { tone: 'warn', glyph: '‖' },
}

function Lag({ system: { deliveries } }: { system: System }) {
  const now = useNow()
  if (!deliveries) return null
  const { pending, destinations, more, oldestPendingAt } = deliveries
  return (
    <Section
      title="Still to deliver"
      sub={
        pending === 0 ? undefined : (
          <>
            {plural(pending, 'message')}, the oldest accepted <Time at={oldestPendingAt} />. The destination
            that is furthest behind comes first.
          </>
        )
      }
    >
      {destinations.length === 0 ? (
        <Empty title="Nothing waits">
          <p>Every destination has what was accepted for it.</p>
        </Empty>
      ) : (
        <Table
          label="Destinations with something pending"
          rows={destinations}
          id={(row) => row.id}
          columns={[
            {
              head: 'destination',
              cell: ({ name, slug, type }) => (
                <Name below={slug}>
                  {name} <Muted>{type}</Muted>
                </Name>
              ),
            },
            {
              head: 'state',
              cell: ({ state }) => (
                <Badge tone={STATES[state]?.tone ?? 'sunk'} glyph={STATES[state]?.glyph ?? '○'}>
                  {state}
                </Badge>
              ),
            },
            { head: 'pending', number: true, cell: (row) => count(row.pending) },
            {
              head: 'behind',
              number: true,
              cell: ({ oldestPendingAt: since }) =>
                since ? duration(Math.max(0, now.getTime() - new Date(since).getTime())) : '–',
            },
            { head: 'log unread', number: true, cell: ({ lagBytes }) => bytes(lagBytes) },
          ]}
        />
      )}
      {more > 0 && <Muted>And {plural(more, 'more destination')}.</Muted>}
    </Section>
  )
}

function Log({ system: { log, disk } }: { system: System }) {
  const { retention } = log
  const used = disk ? 1 - disk.freeBytes / Math.max(1, disk.totalBytes) : 0
  return (
    <Section title="Log and disk">
      <Panel>
        <Pairs
          of={[
            [
              'State',
              log.stopped ? (
                <Badge key="state" tone="bad" glyph="✕">
                  stopped
                </Badge>
              ) : log.full ? (
                <Badge key="state" tone="bad" glyph="!">
                  disk full
                </Badge>
              ) : (
                <Badge key="state" tone="ok" glyph="●">
                  writing
                </Badge>
              ),
            ],
            ['On the disk', `${bytes(log.diskBytes)} in ${plural(log.segments, 'segment')}`],
            ['Oldest record', log.oldestAt ? <Time key="oldest" at={log.oldestAt} /> : 'none'],
            ['Newest record', log.newestAt ? <Time key="newest" at={log.newestAt} /> : 'none'],
            [
              'Kept',
              `${duration(retention.seconds * 1000)}${
                retention.bytes ? `, ${bytes(retention.bytes)} at most` : ''
              }`,
            ],
            [
              'Disk',
              disk ? (
                <div key="disk" className={css.disk}>
                  <meter
                    min={0}
                    max={1}
                    high={0.9}
                    value={used}
                    aria-label={`${Math.round(used * 100)} % of the disk is used`}
                  />
                  <span>
                    {bytes(disk.freeBytes)} free of {bytes(disk.totalBytes)}
                  </span>
                </div>
              ) : null,
            ],
          ]}
        />
      </Panel>
    </Section>
  )
}

function Process({ system }: { system: System }) {
  const { durability, snapshot, configuration, database, mail } = system
  return (
    <Section title="Process">
      <Panel>
        <Pairs
          of={[
            ['Version', system.version],
            ['Started', <Time key="started" at={system.startedAt} />],
            ['Roles', system.roles.join(', ')],
            [
              'A 200 promises',
              <span key="durability">
                <strong>{durability.class}</strong>: {durability.promise}
              </span>,
            ],
            [
              'Data plane',
              <span key="snapshot">
                revision {count(snapshot.revision)} of <Time at={snapshot.madeAt} />:{' '}
                {plural(snapshot.sources, 'source')}, {plural(snapshot.destinations, 'destination')}
              </span>,
            ],
            ['Configuration', configuration.stale ? 'changed, not in effect' : 'in effect'],
            ['Database', database.engine === 'postgres' ? 'PostgreSQL' : 'SQLite'],
            [
              'Mail',
              mail.mode === 'smtp'
                ? `by a mail server: ${count(mail.queued)} to be sent, ${count(mail.failed)} given up`
                : `kept here, none is sent: ${count(mail.kept)}`,
            ],
          ]}
        />
      </Panel>
    </Section>
  )
}
