import type { ReactNode } from 'react'
import { Button } from './button'
import { Spoken } from './spoken'
import css from './table.module.css'

/** A column: its heading (`""` for one of buttons), what it shows of a row, and whether that is a number. */
export interface Column<Row> {
  head: string
  cell: (row: Row) => ReactNode
  number?: boolean
}

/** Rows and columns; on a narrow screen each row becomes a labelled card. */
export function Table<Row>({
  label,
  rows,
  columns,
  id,
  bad,
}: {
  label: string
  rows: Row[]
  columns: Column<Row>[]
  id: (row: Row) => string
  /** Rows that stand out because something is wrong with them; a cell says what. */
  bad?: (row: Row) => boolean
}) {
  return (
    <div className={css.frame}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={column.number ? css.number : undefined}>
                {column.head || <Spoken>Actions</Spoken>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)} data-bad={bad?.(row) || undefined}>
              {columns.map((column) => (
                <td
                  key={column.head}
                  data-label={column.head}
                  className={column.number ? css.number : undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The name of a row with what identifies it below. */
export function Name({ children, below }: { children: ReactNode; below?: ReactNode }) {
  return (
    <span className={css.name}>
      <span>{children}</span>
      {below && <small>{below}</small>}
    </span>
  )
}

/** Fetches the next page of a list. */
export function More({ there, busy, load }: { there: boolean; busy: boolean; load: () => void }) {
  if (!there) return null
  return (
    <div className={css.more}>
      <Button onClick={load} busy={busy}>
        Show more
      </Button>
    </div>
  )
}
