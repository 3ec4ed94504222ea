import { useQuery } from '@tanstack/react-query'
import { LifeBadge } from '../../kit/badge'
import { Loaded } from '../../kit/loaded'
import { Muted } from '../../kit/page'
import { Time } from '../../kit/time'
import css from './history.module.css'
import { historyQuery } from './queries'

const DONE: Record<string, string> = {
  submit: 'submitted it for review',
  withdraw: 'withdrew it',
  requestChanges: 'requested changes',
  approvePrivateBeta: 'approved it as a private beta',
  approve: 'approved it',
  publishBeta: 'published the beta',
  deprecate: 'deprecated it',
  restore: 'restored it',
  remove: 'removed it',
}

/** Every change of an integration's state, the newest first. */
export function History({ integrationId }: { integrationId: string }) {
  const history = useQuery(historyQuery(integrationId))
  return (
    <Loaded query={history}>
      {(entries) =>
        entries.length === 0 ? (
          <Muted>Its state has not changed since it was made.</Muted>
        ) : (
          <ol className={css.history}>
            {[...entries].reverse().map(({ at, by, action, from, to, reason }) => (
              <li key={`${at} ${action}`}>
                <div>
                  <strong>{by}</strong> {DONE[action] ?? action}{' '}
                  <Muted>
                    <Time at={at} />
                  </Muted>
                </div>
                {from !== to && (
                  <div className={css.move}>
                    <LifeBadge status={from} />
                    <span>to</span>
                    <LifeBadge status={to} />
                  </div>
                )}
                {reason && <p>{reason}</p>}
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  )
}
