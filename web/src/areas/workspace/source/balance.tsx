import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../../kit/button'
import { csv, fileStamp, save } from '../../../kit/csv'
import { count } from '../../../kit/figures'
import { Filter, Filters } from '../../../kit/filters'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Note, Section, Toolbar, useTitle } from '../../../kit/page'
import { type Column, More, Table } from '../../../kit/table'
import type { Reason, SourceBooks } from '../accounting'
import { destinationsQuery } from '../data'
import { wordsOf } from '../destination/reasons'
import { Coded } from '../destination/words'
import css from './balance.module.css'
import { booksQuery, PERIODS, type Period } from './books'
import { sheetCsv, sheetOf, type Verdict } from './sheet'

const OFFERED: Period[] = ['24h', '7d', '30d']
/** Rows of a table at first, and with each "Show more". */
const ROWS = 50

/** The books of one source, hour by hour: what came in, and what became of it at each destination. */
export function SourceBalance() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source/overview/balance').useParams()
  const search = getRouteApi('/w/$ws/sources/$source/overview/balance').useSearch()
  const period = OFFERED.find((each) => each === search.period) ?? '24h'
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const nameOf = (id: string) => destinations.find((each) => each.id === id)?.name ?? id
  const books = useQuery({
    ...booksQuery(ws, source, period),
    refetchInterval: 15_000,
    placeholderData: (before) => before,
  })
  useTitle('Balance sheet', source, ws)
  return (
    <Body>
      <p>
        <Link to="/w/$ws/sources/$source/overview" params={{ ws, source }}>
          ← Overview
        </Link>
      </p>
      <Loaded query={books} rows={5}>
        {({ rows }) => {
          const sheet = sheetOf(rows)
          return (
            <>
              <Toolbar>
                <Filters label="Period">
                  {OFFERED.map((each) => (
                    <Filter
                      key={each}
                      to="/w/$ws/sources/$source/overview/balance"
                      params={{ ws, source }}
                      search={each === '24h' ? {} : { period: each }}
                      replace
                      activeOptions={{ exact: true }}
                      aria-current={each === period ? 'true' : undefined}
                    >
                      {PERIODS[each].label}
                    </Filter>
                  ))}
                </Filters>
                <Button
                  onClick={() =>
                    save(
                      `${ws}-${source}-balance--${fileStamp(new Date())}.csv`,
                      new Blob([csv(sheetCsv(sheet, nameOf))], { type: 'text/csv' }),
                    )
                  }
                >
                  Download CSV
                </Button>
              </Toolbar>
              {rows.length === 0 ? (
                <Empty title="Nothing was received in this time">
                  <p>
                    What comes in is entered here hour by hour, with what became of it at each destination.
                  </p>
                </Empty>
              ) : (
                <>
                  <Overall verdict={sheet.verdict} />
                  <Section title="At the source" sub="received = accepted + duplicates + discarded">
                    <Rows
                      label="Balance at the source"
                      rows={sheet.source}
                      columns={[
                        { head: 'received', number: true, cell: (row) => count(row.received) },
                        { head: '= accepted', number: true, cell: (row) => count(row.accepted) },
                        { head: '+ duplicates', number: true, cell: (row) => count(row.duplicates) },
                        { head: '+ discarded', number: true, cell: (row) => count(row.discarded) },
                        { head: 'why', cell: (row) => <Why reasons={row.discards} /> },
                      ]}
                    />
                    {(sheet.source[0]?.refused ?? 0) > 0 && (
                      <Muted>
                        Beside these, {count(sheet.source[0]!.refused)} requests were refused whole: nobody
                        knows how many messages they held.
                      </Muted>
                    )}
                  </Section>
                  {sheet.destinations.map(({ destination, rows }) => (
                    <Section
                      key={destination}
                      title={nameOf(destination)}
                      sub="accepted = not for it + delivered + pending + discarded + given up"
                    >
                      <Rows
                        label={`Balance at ${nameOf(destination)}`}
                        rows={rows}
                        columns={[
                          { head: 'accepted', number: true, cell: (row) => count(row.accepted) },
                          { head: '= not for it', number: true, cell: (row) => count(row.notRouted) },
                          { head: '+ delivered', number: true, cell: (row) => count(row.delivered) },
                          { head: '+ pending', number: true, cell: (row) => count(row.pending) },
                          { head: '+ discarded', number: true, cell: (row) => count(row.discarded) },
                          { head: '+ given up', number: true, cell: (row) => count(row.exhausted) },
                          { head: 'why', cell: (row) => <Why reasons={row.discards} /> },
                        ]}
                      />
                    </Section>
                  ))}
                  <Muted>
                    A message counts for the hour in which it was received. Not for it: accepted while the
                    destination was off, or not connected yet. Given up: its retries are used up; it waits
                    among the dead letters.
                  </Muted>
                </>
              )}
            </>
          )
        }}
      </Loaded>
    </Body>
  )
}

function Overall({ verdict: { balanced, words } }: { verdict: Verdict }) {
  if (balanced === false) {
    return (
      <Note tone="bad">
        <span role="alert">
          <strong>✕ This does not balance.</strong> {words} Look again in a minute; if it stays so, tell
          whoever runs this server.
        </span>
      </Note>
    )
  }
  return (
    <Note tone={balanced ? 'ok' : 'warn'}>
      <span>
        <strong>{balanced ? '✓ Balanced.' : '– Not known for certain.'}</strong> {words}
      </span>
    </Note>
  )
}

interface Timed {
  time: string | undefined
  unit: SourceBooks['unit']
  verdict: Verdict
}

function Rows<Row extends Timed>({
  label,
  rows,
  columns,
}: {
  label: string
  rows: Row[]
  columns: Column<Row>[]
}) {
  const [shown, setShown] = useState(ROWS)
  return (
    <div>
      <Table<Row>
        label={label}
        rows={rows.slice(0, shown)}
        id={({ time }) => time ?? 'total'}
        bad={({ verdict }) => verdict.balanced === false}
        columns={[
          { head: 'received in', cell: (row) => <Stretch row={row} /> },
          ...columns,
          { head: 'balance', cell: ({ verdict }) => <Judged verdict={verdict} /> },
        ]}
      />
      <More there={rows.length > shown} busy={false} load={() => setShown(shown + ROWS)} />
    </div>
  )
}

const hour = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

function Stretch({ row: { time, unit } }: { row: Timed }) {
  if (!time) return <strong>Total</strong>
  return <time dateTime={time}>{(unit === 'day' ? day : hour).format(new Date(time))}</time>
}

function Judged({ verdict: { balanced, words } }: { verdict: Verdict }) {
  if (balanced === false) return <span className={css.bad}>✕ {words}</span>
  if (balanced === null) return <span>– {words}</span>
  return <span className={css.ok}>✓ {words}</span>
}

function Why({ reasons }: { reasons: Reason[] }) {
  return reasons.length === 0 ? null : (
    <span className={css.why}>
      {reasons.map(({ step, code, count: many }) => (
        <span key={`${step} ${code}`} title={code}>
          {count(many)} × <Coded text={wordsOf(step, code).what} />
        </span>
      ))}
    </span>
  )
}
