import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { sentence } from '../../../kit/fields'
import { Section } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { lookOf } from '../destination/state'
import { Coded } from '../destination/words'
import css from './alerts.module.css'
import { harmOf, type Unwell, worstFirst } from './health'

/** What does nothing but fail, why, and where to mend it. */
export function HealthList({
  ws,
  health,
  sources,
}: {
  ws: string
  health: Shapes['HealthAnswer']
  sources: Shapes['SourceView'][]
}) {
  const rows = worstFirst(health)
  if (rows.length === 0) {
    return <p className={css.well}>✓ Nothing needs attention.</p>
  }
  return (
    <Section
      title="Needs attention"
      sub="What is paused, and what did nothing but fail in the last 24 hours, the worst first."
    >
      <Table
        label="Needs attention"
        rows={rows}
        id={({ is }) => is.id}
        columns={[
          {
            head: 'what',
            cell: (row) => {
              if (row.of === 'source') {
                const params = { ws, source: row.is.slug }
                return (
                  <Name below="source">
                    <Link to="/w/$ws/sources/$source/overview" params={params}>
                      {row.is.name}
                    </Link>
                  </Name>
                )
              }
              const source = sources.find(({ id }) => id === row.is.sourceId)
              return (
                <Name below={source ? `destination of ${source.name}` : 'destination'}>
                  <Link
                    to="/w/$ws/destinations/$destination/overview"
                    params={{ ws, destination: row.is.id }}
                  >
                    {row.is.name}
                  </Link>
                </Name>
              )
            },
          },
          { head: 'state', cell: (row) => <State row={row} /> },
          { head: 'why', cell: (row) => <Why row={row} /> },
          {
            head: 'messages',
            cell: (row) => (
              <span className={css.told}>
                {harmOf(row).map((part) => (
                  <span key={part}>{part}</span>
                ))}
              </span>
            ),
          },
          { head: '', cell: (row) => <Mend ws={ws} row={row} /> },
        ]}
      />
    </Section>
  )
}

function State({ row }: { row: Unwell }) {
  if (row.of === 'source') {
    return (
      <Badge tone="bad" glyph="✕">
        Nothing accepted
      </Badge>
    )
  }
  // Such as one that has nothing to do just now, and failed to deliver all that it had.
  const { tone, glyph, word } = row.is.state === 'active' ? lookOf('failing') : lookOf(row.is.state)
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}

function Why({ row }: { row: Unwell }) {
  const cause = row.of === 'source' ? row.is.worst : row.is.lastError
  const seen: ReactNode =
    row.of === 'source'
      ? row.is.lastReceivedAt && (
          <>
            Accepted last <Time at={row.is.lastReceivedAt} />.
          </>
        )
      : row.is.lastError && (
          <>
            Seen last <Time at={row.is.lastError.at} />.
          </>
        )
  const { pausesAt, state } = row.of === 'source' ? { pausesAt: null, state: '' } : row.is
  return (
    <span className={css.what}>
      {cause ? (
        <strong>{sentence(cause.label)}</strong>
      ) : (
        <strong>{row.of === 'source' ? 'Nothing came through.' : sentence(lookOf(state).says)}</strong>
      )}
      {cause?.remedy && (
        <span>
          <Coded text={sentence(cause.remedy)} />
        </span>
      )}
      <span>
        {seen}{' '}
        {pausesAt && (
          <>
            {state === 'paused' ? 'Paused' : 'Left so, it is paused'} <Time at={pausesAt} />.
          </>
        )}
      </span>
    </span>
  )
}

/** The page where it can be mended. */
function Mend({ ws, row }: { ws: string; row: Unwell }) {
  if (row.of === 'source') {
    return (
      <Link to="/w/$ws/sources/$source/delivery" params={{ ws, source: row.is.slug }}>
        See what was stopped
      </Link>
    )
  }
  const params = { ws, destination: row.is.id }
  if (row.is.state === 'paused') {
    return (
      <Link to="/w/$ws/destinations/$destination/overview" params={params}>
        Mend and resume
      </Link>
    )
  }
  if (row.is.state === 'misconfigured') {
    return (
      <Link to="/w/$ws/destinations/$destination/settings" params={params}>
        Mend its settings
      </Link>
    )
  }
  return (
    <Link to="/w/$ws/destinations/$destination/delivery" params={params}>
      See what failed
    </Link>
  )
}
