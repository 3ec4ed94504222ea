import { useState } from 'react'
import { count } from '../../../kit/figures'
import { Choice } from '../../../kit/filters'
import { Muted, Section } from '../../../kit/page'
import { type Column, More, Name, Table } from '../../../kit/table'
import { callGlyph } from '../source/debugger/row'
import type { Overview } from './data'
import css from './overview.module.css'
import { byType, pointsOf, share } from './words'

type Event = Overview['events'][number]

/** Rows at first, and with each "Show more". */
const ROWS = 25

/** Which events they were. */
export function Events({
  overview,
  by,
  onChange,
}: {
  overview: Overview
  by: string | undefined
  onChange: (by: string | undefined) => void
}) {
  const [shown, setShown] = useState(ROWS)
  const rows = by === 'type' ? byType(overview.events) : overview.events
  const toDestination = !overview.destinations
  const numbers: Column<Event>[] = [
    ...(toDestination
      ? [
          { head: 'delivered', number: true, cell: (event: Event) => count(event.delivered ?? 0) },
          {
            head: 'filtered',
            number: true,
            cell: (event: Event) => count(event.filteredAtDestination ?? 0),
          },
          { head: 'failed', number: true, cell: (event: Event) => count(event.failedDelivery ?? 0) },
        ]
      : [
          { head: 'accepted', number: true, cell: (event: Event) => count(event.accepted) },
          { head: 'failed', number: true, cell: (event: Event) => count(event.failedOnIngest) },
          { head: 'filtered', number: true, cell: (event: Event) => count(event.filteredAtSource) },
        ]),
    { head: 'share', number: true, cell: (event) => share(event.share ?? 0, 1) },
    { head: 'change', number: true, cell: (event) => pointsOf(event.shareChange) },
  ]
  return (
    <Section
      title="Events"
      actions={
        <fieldset className={css.by} aria-label="Broken down by">
          {[
            [undefined, 'Event'],
            ['type', 'Call'],
          ].map(([word, label]) => (
            <Choice
              key={label}
              on={(by === 'type' ? 'type' : undefined) === word}
              onClick={() => onChange(word)}
            >
              {label}
            </Choice>
          ))}
        </fieldset>
      }
    >
      {rows.length === 0 ? (
        <Muted>No event in this time.</Muted>
      ) : (
        <>
          <Table<Event>
            label="Events"
            rows={rows.slice(0, shown)}
            id={({ type, name }) => `${type} ${name}`}
            columns={[
              {
                head: by === 'type' ? 'call' : 'event',
                cell: ({ type, name }) => (
                  <Name below={name && by !== 'type' ? type : undefined}>
                    {type && (
                      <span className={css.glyph} aria-hidden>
                        {callGlyph(type)}{' '}
                      </span>
                    )}
                    {name ?? type ?? 'all others'}
                  </Name>
                ),
              },
              ...numbers,
            ]}
          />
          <More there={rows.length > shown} busy={false} load={() => setShown(shown + ROWS)} />
        </>
      )}
    </Section>
  )
}
