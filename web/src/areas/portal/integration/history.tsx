import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Shapes } from '../../../api/client'
import { LifeBadge } from '../../../kit/badge'
import { Loaded } from '../../../kit/loaded'
import { Body, Muted, useTitle } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { historyQuery, integrationQuery } from '../data'
import css from '../portal.module.css'

const WORDS: Record<Shapes['Action'], string> = {
  submit: 'submitted it',
  withdraw: 'withdrew it',
  requestChanges: 'asked for changes',
  approvePrivateBeta: 'approved it for private beta',
  approve: 'approved it',
  publishBeta: 'put it into every catalog',
  deprecate: 'deprecated it',
  restore: 'restored it',
  remove: 'removed it',
}

const PARTIES: Record<string, string> = {
  partnerAdmin: 'an admin of the team',
  builder: 'a builder of the team',
  reviewer: 'a reviewer',
}

/** Every transition: who, when, why. */
export function IntegrationHistory() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('History', slug)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const history = useQuery(historyQuery(slug))
  return (
    <Body>
      <Loaded query={history}>
        {(entries) => (
          <ol className={css.timeline}>
            {entries.map((entry) => (
              <li key={`${entry.at} ${entry.action}`}>
                <header>
                  <strong>
                    {entry.by} {WORDS[entry.action]}
                  </strong>
                  <LifeBadge
                    status={entry.to}
                    changesRequested={entry.action === 'requestChanges' && entry.to === 'PRIVATE_BUILDING'}
                  />
                  <Muted>
                    as {PARTIES[entry.party] ?? entry.party}, <Time at={entry.at} />
                  </Muted>
                </header>
                {entry.reason && <p>{entry.reason}</p>}
              </li>
            ))}
            <li>
              <header>
                <strong>It was created</strong>
                <LifeBadge status="PRIVATE_BUILDING" />
                <Muted>
                  <Time at={integration.createdAt} />
                </Muted>
              </header>
            </li>
          </ol>
        )}
      </Loaded>
    </Body>
  )
}
