import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure } from '../../../api/client'
import { LifeBadge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Dialog } from '../../../kit/dialog'
import { sentence } from '../../../kit/fields'
import { Loaded } from '../../../kit/loaded'
import { Logo } from '../../../kit/logo'
import { Note, PageHead, Tab, Tabs } from '../../../kit/page'
import { NotFound } from '../../../shell/failures'
import { checklistQuery, integrationQuery, previewQuery, submissionsQuery } from '../data'
import { editable, fieldName, nextStep, openRound } from '../fields'
import { FieldLink, PlaceButton } from '../place-link'
import css from '../portal.module.css'
import { fieldOf } from './draft'
import { DraftProvider, useDraft } from './draft-context'
import { Detail } from './preview'

const page = getRouteApi('/dev-portal/integrations/$slug')

/** The head and tabs of one integration. */
export function IntegrationLayout() {
  const { slug } = page.useParams()
  const query = useQuery(integrationQuery(slug))
  if (query.error instanceof ApiFailure && query.error.status === 404) return <NotFound />
  return (
    <Loaded query={query} rows={8}>
      {() => (
        <DraftProvider key={slug} slug={slug}>
          <Head slug={slug} />
          <Outlet />
        </DraftProvider>
      )}
    </Loaded>
  )
}

const TABS = [
  ['overview', 'Overview'],
  ['catalog-info', 'Catalog info'],
  ['events', 'Events'],
  ['documentation', 'Documentation'],
  ['setup', 'Setup'],
  ['test', 'Test'],
  ['review', 'Review'],
  ['history', 'History'],
  ['settings', 'Settings'],
] as const

function Head({ slug }: { slug: string }) {
  const [preview, setPreview] = useState(false)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const submissions = useQuery(submissionsQuery(slug)).data
  const items = useQuery(checklistQuery(slug)).data?.items
  const draft = useDraft()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const next = submissions && items && nextStep(integration, submissions, items)
  const round = openRound(integration.status, submissions ?? [])
  // The page that the next step leads to has the button for it itself.
  const away = next?.place && next.action && !path.endsWith(`/${next.place.tab}`)
  // Pages with one ink button of their own do not get a second one.
  const quiet = /\/(overview|review|settings|events|setup)$/.test(path)
  const { info } = draft
  return (
    <>
      <PageHead
        title={integration.name}
        mark={<Logo size={40} name={integration.name} src={info.mark ? `/api/assets/${info.mark}` : null} />}
        badge={
          <LifeBadge
            status={integration.status}
            betaEndsAt={integration.betaEndsAt}
            changesRequested={!!round}
          />
        }
      >
        <SavingWords />
        <Button onClick={() => setPreview(true)}>Preview in catalog</Button>
        {away && !quiet && (
          <PlaceButton slug={slug} place={next.place!} look="primary">
            {next.action}
          </PlaceButton>
        )}
      </PageHead>
      <Tabs label={integration.name}>
        {TABS.map(([tab, label]) => (
          <Tab
            key={tab}
            to={`/dev-portal/integrations/$slug/${tab}`}
            params={{ slug }}
            search={{}}
            activeOptions={{ includeSearch: false }}
          >
            {label}
          </Tab>
        ))}
      </Tabs>
      <Troubles slug={slug} />
      {!editable(integration.status) && /\/(catalog-info|events|documentation|setup)$/.test(path) && (
        <Aside>
          <Note>
            {integration.status === 'PRIVATE_SUBMITTED'
              ? 'What was submitted is frozen while it is reviewed. To change something, withdraw it on the Review page.'
              : 'It was removed from the catalog; nothing can be edited.'}
          </Note>
        </Aside>
      )}
      {integration.publishedAt && /\/(catalog-info|events|documentation|setup)$/.test(path) && (
        <Aside>
          <Note>
            Customers read what was approved. What you change here is the next version; submit it when it is
            ready.
          </Note>
        </Aside>
      )}
      <Dialog title="As customers will see it" open={preview} onClose={() => setPreview(false)} wide>
        <Preview slug={slug} />
        <div>
          <Button onClick={() => setPreview(false)}>Close</Button>
        </div>
      </Dialog>
    </>
  )
}

const Aside = ({ children }: { children: React.ReactNode }) => (
  <div style={{ padding: '16px var(--edge) 0' }}>{children}</div>
)

function Preview({ slug }: { slug: string }) {
  return (
    <Loaded query={useQuery(previewQuery(slug))} rows={6}>
      {(entry) => <Detail slug={slug} entry={entry} whole />}
    </Loaded>
  )
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

function SavingWords() {
  const { saving, savedAt } = useDraft()
  const words = {
    saved: savedAt ? `Saved ${clock.format(savedAt)}` : '',
    waiting: 'Saving…',
    saving: 'Saving…',
    failed: 'Not saved',
    conflict: 'Not saved',
  }[saving]
  return (
    <span className={css.saving} role="status">
      {words}
    </span>
  )
}

/** What could not be saved, and what to do about it. */
function Troubles({ slug }: { slug: string }) {
  const { saving, faults, retry, takeTheirs } = useDraft()
  if (saving === 'conflict') {
    return (
      <Aside>
        <Note tone="warn">
          <span>Somebody else changed this integration meanwhile. What you typed is still here.</span>
          <Button small onClick={() => void takeTheirs(true)}>
            Load theirs, keep what I typed
          </Button>
          <Button small look="quiet" onClick={() => void takeTheirs(false)}>
            Load theirs, drop mine
          </Button>
        </Note>
      </Aside>
    )
  }
  if (saving !== 'failed') return null
  const fields = faults.filter(({ pointer }) => pointer)
  return (
    <Aside>
      <div role="alert">
        <Note tone="bad">
          {fields.length === 0 ? (
            <>
              <span>
                {sentence(faults[0]?.message ?? '')} What you typed is kept here.{' '}
                <code>{faults[0]?.code}</code>
              </span>
              <Button small onClick={retry}>
                Try again
              </Button>
            </>
          ) : (
            <span>
              Not saved, until it is mended:{' '}
              {[...new Map(fields.map((fault) => [fieldOf(fault.pointer!), fault])).values()].map(
                ({ pointer }, at) => (
                  <span key={pointer}>
                    {at > 0 && ', '}
                    <FieldLink slug={slug} pointer={pointer!}>
                      {fieldName(pointer!)}
                    </FieldLink>
                  </span>
                ),
              )}
              . Everything else is saved.
            </span>
          )}
        </Note>
      </div>
    </Aside>
  )
}
