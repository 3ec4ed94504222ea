import { redirect } from '@tanstack/react-router'
import { accountQuery, queries } from '../api/queries'

/** Sends whoever is not signed in to the login page and back here afterwards. */
export async function signedIn({ location }: { location: { href: string } }): Promise<void> {
  const account = await queries.ensureQueryData(accountQuery)
  if (!account) throw redirect({ to: '/login', search: { next: location.href } })
}

/** A path of this app to go on to; anything else leads home. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') ? next : '/'
}
