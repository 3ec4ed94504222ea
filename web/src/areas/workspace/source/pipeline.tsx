import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { count, plural } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Muted, Panel, Section } from '../../../kit/page'
import { Pulse } from '../../../kit/pulse'
import { Name, Table } from '../../../kit/table'
import type { Line, SourceBooks } from '../accounting'
import { destinationsQuery } from '../data'
import { bars, booksQuery, PERIODS, type Period, sum } from './books'
import { Reasons } from './reasons'
import css from './source.module.css'

/** What came in, and what became of it: every box equals the boxes after it. */
export function Pipeline({ ws, source, period }: { ws: string; source: string; period: Period }) {
  const books = useQuery({
    ...booksQuery(ws, source, period),
    refetchInterval: 5_000,
    placeholderData: (previous) => previous,
  })
  return (
    <Section title="Pipeline" actions={<Periods ws={ws} source={source} period={period} />}>
      <Loaded query={books}>
        {({ rows, from }) => <Drawn ws={ws} source={source} rows={rows} from={from} period={period} />}
      </Loaded>
    </Section>
  )
}

function Periods({ ws, source, period }: { ws: string; source: string; period: Period }) {
  return (
    <nav className={css.toggles} aria-label="Period">
      {(Object.keys(PERIODS) as Period[]).map((each) => (
        <Link
          key={each}
          to="/w/$ws/sources/$source/overview"
          params={{ ws, source }}
          search={each === '24h' ? {} : { period: each }}
          replace
          activeOptions={{ exact: true }}
          aria-current={each === period ? 'true' : undefined}
          aria-label={PERIODS[each].label}
        >
          {PERIODS[each].short}
        </Link>
      ))}
    </nav>
  )
}

function Drawn({
  ws,
  source,
  rows,
  from,
  period,
}: {
  ws: string
  source: string
  rows: SourceBooks[]
  from: number
  period: Period
}) {
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const all = sum(rows)
  const nameOf = (id: string) => destinations.find((each) => each.id === id)?.name
  const pulse = (what: string, figure: (row: SourceBooks) => number) => (
    <Pulse
      counts={bars(rows, period, from, figure)}
      label={`${what} over the ${PERIODS[period].label.toLowerCase()}`}
      width={240}
      height={36}
    />
  )
  return (
    <>
      <div className={css.pipe}>
        <Box title="received" value={all.received} pulse={pulse('Received', (row) => row.received)} />
        <Box
          title="discarded on ingest"
          sign="−"
          value={all.discarded}
          of={all.received}
          pulse={pulse('Discarded', (row) => row.discarded)}
        >
          <Reasons ws={ws} source={source} of={all.discards} />
        </Box>
        <Box
          title="duplicates"
          sign="−"
          value={all.duplicates}
          of={all.received}
          pulse={pulse('Duplicates', (row) => row.duplicates)}
        />
        <Box
          title="accepted"
          sign="="
          value={all.accepted}
          of={all.received}
          pulse={pulse('Accepted', (row) => row.accepted)}
        />
      </div>
      {all.destinations.length === 0 ? (
        <Muted>
          {all.accepted > 0
            ? 'Nothing was sent on: no destination was connected in this time.'
            : 'Nothing was accepted in this time.'}
        </Muted>
      ) : (
        <Table<Line>
          label="What became of it at each destination"
          rows={all.destinations}
          id={(line) => line.destination}
          columns={[
            {
              head: 'destination',
              cell: (line) => (
                <Name>
                  {nameOf(line.destination) ? (
                    <Link
                      to="/w/$ws/destinations/$destination/overview"
                      params={{ ws, destination: line.destination }}
                    >
                      {nameOf(line.destination)}
                    </Link>
                  ) : (
                    'deleted destination'
                  )}
                </Name>
              ),
            },
            {
              head: 'delivered over time',
              cell: (line) => (
                <Pulse
                  counts={bars(
                    rows,
                    period,
                    from,
                    (row) =>
                      row.destinations.find((each) => each.destination === line.destination)?.delivered ?? 0,
                  )}
                  label={`Delivered over the ${PERIODS[period].label.toLowerCase()}`}
                />
              ),
            },
            { head: 'routed', number: true, cell: (line) => count(line.routed) },
            { head: '= delivered', number: true, cell: (line) => count(line.delivered) },
            { head: '+ pending', number: true, cell: (line) => count(line.pending) },
            {
              head: '+ discarded',
              number: true,
              cell: (line) => (
                <span title={line.discards.map((each) => `${each.code}: ${each.count}`).join('\n')}>
                  {count(line.discarded)}
                </span>
              ),
            },
            { head: '+ given up', number: true, cell: (line) => count(line.exhausted) },
          ]}
        />
      )}
      <p>
        <Link to="/w/$ws/sources/$source/overview/balance" params={{ ws, source }}>
          Balance sheet
        </Link>{' '}
        <Muted>hour by hour, for every destination</Muted>
      </p>
      {all.refused > 0 && (
        <Panel>
          <h3>Beside that, {plural(all.refused, 'request was', 'requests were')} refused at the door</h3>
          <p>
            <Muted>
              They named a key of this source, but could not be read as messages, so they are not counted as
              received.
            </Muted>
          </p>
          <Reasons ws={ws} source={source} of={all.refusals} />
        </Panel>
      )}
    </>
  )
}

function Box({
  title,
  sign,
  value,
  of,
  pulse,
  children,
}: {
  title: string
  sign?: string
  value: number
  of?: number
  pulse: ReactNode
  children?: ReactNode
}) {
  return (
    <div className={css.box} data-sign={sign}>
      <h3>{title}</h3>
      <p className={css.figure}>
        {count(value)}
        {of !== undefined && of > 0 && value > 0 && <small>{share(value, of)}</small>}
      </p>
      {pulse}
      {children}
    </div>
  )
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** A part of a whole; what is not everything never reads as 100 %. */
function share(part: number, whole: number): string {
  const value = part / whole
  if (value < 1 && value > 0.999) return `> ${percent.format(0.999)}`
  if (value > 0 && value < 0.001) return `< ${percent.format(0.001)}`
  return percent.format(value)
}
