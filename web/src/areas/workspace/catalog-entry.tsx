import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button, LinkButton } from '../../kit/button'
import { Dialog } from '../../kit/dialog'
import { Note, Panel, Section } from '../../kit/page'
import { AddedSources, AddSource } from '../catalog/add-source'
import {
  allDestinationsQuery,
  allSourcesQuery,
  destinationEntryQuery,
  installQuery,
  sourceEntryQuery,
} from '../catalog/entries'
import css from '../catalog/entry.module.css'
import { DestinationEntry, SourceEntry } from '../catalog/entry-page'
import { Found } from '../catalog/found'

/** An entry of the catalog, ready to be added to this workspace. */
export function WorkspaceCatalogEntry() {
  const { kind } = getRouteApi('/w/$ws/catalog/$slug').useSearch()
  return kind === 'destinations' ? <OneDestination /> : <OneSource />
}

function OneSource() {
  const { ws, slug } = getRouteApi('/w/$ws/catalog/$slug').useParams()
  const entry = useQuery(sourceEntryQuery(slug, { signedIn: true, ws }))
  const sources = useQuery(allSourcesQuery(ws)).data
  const install = useQuery({ ...installQuery(slug, ws), retry: false })
  const [adding, setAdding] = useState(false)
  return (
    <Found
      query={entry}
      catalog={
        <Link to="/w/$ws/catalog" params={{ ws }}>
          Look in the catalog
        </Link>
      }
    >
      {(entry) => {
        const added = sources?.filter((source) => source.metadata.id === entry.id) ?? []
        const refused =
          install.error || install.data?.installable === false
            ? 'You may not add sources to this workspace; its owners and source admins can.'
            : undefined
        return (
          <>
            <SourceEntry
              entry={entry}
              where={ws}
              action={
                <Button
                  look="primary"
                  disabled={!sources || !!refused}
                  aria-describedby={refused ? 'refused' : undefined}
                  onClick={() => setAdding(true)}
                >
                  Add source
                </Button>
              }
              side={
                <>
                  {refused && (
                    <Note tone="warn">
                      <span id="refused">{refused}</span>
                    </Note>
                  )}
                  {entry.status === 'PRIVATE_BUILDING' || entry.status === 'PRIVATE_SUBMITTED' ? (
                    <Note>Private: only members of this workspace and its maker see it.</Note>
                  ) : null}
                  {added.length > 0 && (
                    <Section title="In this workspace">
                      <Panel>
                        <AddedSources ws={ws} sources={added} />
                      </Panel>
                    </Section>
                  )}
                </>
              }
            />
            {sources && (
              <Dialog title={`Add ${entry.name}`} open={adding} onClose={() => setAdding(false)}>
                <AddSource ws={ws} entry={entry} sources={sources} onClose={() => setAdding(false)} />
              </Dialog>
            )}
          </>
        )
      }}
    </Found>
  )
}

function OneDestination() {
  const { ws, slug } = getRouteApi('/w/$ws/catalog/$slug').useParams()
  const { source } = getRouteApi('/w/$ws/catalog/$slug').useSearch()
  const entry = useQuery(destinationEntryQuery(slug))
  const destinations = useQuery(allDestinationsQuery(ws)).data
  return (
    <Found
      query={entry}
      catalog={
        <Link to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations' }}>
          Look in the catalog
        </Link>
      }
    >
      {(entry) => {
        const added = destinations?.filter((one) => one.metadata.id === entry.id) ?? []
        return (
          <DestinationEntry
            entry={entry}
            where={ws}
            action={
              <LinkButton
                look="primary"
                to="/w/$ws/destinations/new/$definition"
                params={{ ws, definition: entry.slug }}
                search={{ source }}
              >
                Add destination
              </LinkButton>
            }
            side={
              added.length > 0 && (
                <Section title="In this workspace">
                  <Panel>
                    <ul className={css.list}>
                      {added.map((one) => (
                        <li key={one.id}>
                          <Link
                            to="/w/$ws/destinations/$destination/overview"
                            params={{ ws, destination: one.id }}
                          >
                            {one.name}
                          </Link>{' '}
                          {!one.enabled && '(off)'}
                        </li>
                      ))}
                    </ul>
                  </Panel>
                </Section>
              )
            }
          />
        )
      }}
    </Found>
  )
}
