import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Button } from './button'
import { told } from './fields'
import { failureFaults } from './form'
import css from './loaded.module.css'
import { Spoken } from './spoken'

/** What a query brought. Until its first answer there is a skeleton of `rows`; a failure offers Retry. */
export function Loaded<T>({
  query,
  rows = 3,
  children,
}: {
  query: UseQueryResult<T>
  rows?: number
  children: (value: T) => ReactNode
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error) return <Problem error={query.error} retry={() => query.refetch()} />
  return <Skeleton rows={rows} />
}

/** The place of what is still to come. */
export function Skeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div className={css.skeleton} aria-busy="true">
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all alike.
        <div key={at} className={css.bar} />
      ))}
      <Spoken>Loading</Spoken>
    </div>
  )
}

/** A failed load: what, why, what to do, with the stable code. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const faults = failureFaults(error)
  return (
    <div className={css.problem} role="alert">
      {faults.map((fault) => (
        <p key={`${fault.code} ${fault.pointer}`}>
          {told(fault)} <code>{fault.code}</code>
        </p>
      ))}
      {retry && (
        <Button small onClick={retry}>
          Retry
        </Button>
      )}
    </div>
  )
}
