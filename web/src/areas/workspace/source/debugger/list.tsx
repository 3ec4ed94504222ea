import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, useEffect, useRef } from 'react'
import type { Row, Snapshot } from '../../../../stream/store'
import css from './debugger.module.css'
import { callGlyph, nameOf, stampOf, timeOf, userOf, verdictOf, whyOf } from './row'

/** A row's height at every width: the list is never measured. */
const ROW = 30
const ROW_NARROW = 48

/** The id by which the list names its current row. */
export const optionId = (position: string) => `message-${position}`

/** Messages, newest first. Only the rows in sight are in the page. */
export function List({
  snapshot,
  selected,
  utc,
  narrow,
  top,
  onOpen,
  onLeaveTop,
  onEnd,
  end,
}: {
  snapshot: Snapshot
  selected: string | undefined
  utc: boolean
  narrow: boolean
  /** Changes when the list should be at its newest row. */
  top: number
  onOpen: (position: string) => void
  onLeaveTop: () => void
  onEnd: () => void
  /** What stands below the oldest row. */
  end: ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  const { rows, live } = snapshot
  const height = narrow ? ROW_NARROW : ROW
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 6,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the height changes.
  useEffect(() => virtual.measure(), [height])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `top` asks for it.
  useEffect(() => {
    box.current?.scrollTo({ top: 0 })
  }, [top])

  // The chosen row is kept in sight when keys move it.
  const place = useRef(rows)
  place.current = rows
  useEffect(() => {
    if (!selected) return
    const at = place.current.findLastIndex((row) => row.position === selected)
    if (at >= 0) virtual.scrollToIndex(place.current.length - 1 - at)
  }, [selected, virtual])

  const items = virtual.getVirtualItems()
  const last = items[items.length - 1]?.index ?? 0
  const nearEnd = !live && last >= rows.length - 40
  const short = rows.length * height < (box.current?.clientHeight ?? 0)
  useEffect(() => {
    if (snapshot.started && rows.length > 0 && (nearEnd || short)) onEnd()
  }, [nearEnd, short, rows.length, snapshot.started, onEnd])

  const today = new Date()
  return (
    <div
      ref={box}
      className={css.scroll}
      onScroll={(event) => {
        if (event.currentTarget.scrollTop > height) onLeaveTop()
      }}
    >
      <div
        role="listbox"
        aria-label="Messages, newest first"
        tabIndex={0}
        aria-activedescendant={
          selected && items.some((item) => rows[rows.length - 1 - item.index]?.position === selected)
            ? optionId(selected)
            : undefined
        }
        className={css.list}
        style={{ blockSize: virtual.getTotalSize() }}
        // What is loaded, and how much the stream has brought, can be compared with the log from outside.
        data-arrived={snapshot.arrived}
        data-loaded={rows.length}
        data-oldest={rows[0]?.position}
        data-newest={rows[rows.length - 1]?.position}
      >
        {items.map((item) => {
          const row = rows[rows.length - 1 - item.index]
          return (
            row && (
              <Line
                // By its place: what arrives is written into the rows that are there, not into new ones.
                key={item.index}
                row={row}
                start={item.start}
                place={item.index + 1}
                of={snapshot.complete ? rows.length : -1}
                selected={row.position === selected}
                time={timeOf(row.receivedAt, utc, today)}
                utc={utc}
                onOpen={onOpen}
              />
            )
          )
        })}
      </div>
      {end}
    </div>
  )
}

const Line = memo(function Line({
  row,
  start,
  place,
  of,
  selected,
  time,
  utc,
  onOpen,
}: {
  row: Row
  start: number
  place: number
  of: number
  selected: boolean
  time: string
  utc: boolean
  onOpen: (position: string) => void
}) {
  const { glyph, word, tone } = verdictOf(row)
  const why = whyOf(row)
  const [clock, day] = time.split(' ').reverse()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys walk the list (j, k, arrows, Enter).
    <div
      role="option"
      id={optionId(row.position)}
      tabIndex={-1}
      aria-selected={selected}
      aria-posinset={place}
      aria-setsize={of}
      data-position={row.position}
      className={css.row}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onOpen(row.position)}
    >
      <span className={`${css.status} ${css[tone]}`} role="img" aria-label={word} title={row.detail ?? word}>
        {glyph}
      </span>
      <span className={css.call} data-type={row.type ?? undefined}>
        <span aria-hidden>{callGlyph(row.type)}</span> <span>{row.type ?? 'request'}</span>
      </span>
      <span className={css.name}>
        {nameOf(row)}
        {why && <span className={css.why}> · {why}</span>}
      </span>
      <span className={css.user}>{userOf(row)}</span>
      <time className={css.time} dateTime={row.receivedAt} title={stampOf(row.receivedAt, utc)}>
        {day && <span className={css.day}>{day} </span>}
        {clock}
      </time>
    </div>
  )
})
