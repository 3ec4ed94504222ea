import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiFailure } from '../../api/client'
import { Loaded } from '../../kit/loaded'
import { Body, PageHead, useTitle } from '../../kit/page'

/** An entry that was asked for by its slug; where there is none that this person may see, a page that says so. */
export function Found<T>({
  query,
  catalog,
  children,
}: {
  query: UseQueryResult<T>
  /** The link back to the catalog. */
  catalog: ReactNode
  children: (value: T) => ReactNode
}) {
  const { error } = query
  if (error instanceof ApiFailure && error.status === 404 && query.data === undefined) {
    return <Missing catalog={catalog} />
  }
  return (
    <Loaded query={query} rows={6}>
      {children}
    </Loaded>
  )
}

function Missing({ catalog }: { catalog: ReactNode }) {
  useTitle('Not in the catalog')
  return (
    <>
      <PageHead title="This is not in the catalog" />
      <Body>
        <p>It may be private to others, or no longer listed; or the address is mistyped.</p>
        <p>{catalog}</p>
      </Body>
    </>
  )
}
