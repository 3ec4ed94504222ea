import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Problem } from '../kit/loaded'
import { useTitle } from '../kit/page'
import { Card } from './public'

/** No such page, or none that this person may know of. */
export function NotFound(): ReactNode {
  useTitle('Not found')
  return (
    <Card title="There is nothing here">
      <p>The address may be mistyped, or you may not be signed in as somebody who can see it.</p>
      <p>
        <Link to="/">Go to your start page</Link>
      </p>
    </Card>
  )
}

/** A page that failed while it was drawn. */
export function Crashed({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <Card title="This page failed">
      <Problem error={error} retry={reset} />
    </Card>
  )
}
