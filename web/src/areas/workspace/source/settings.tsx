import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Loaded } from '../../../kit/loaded'
import { Body, Note, useTitle } from '../../../kit/page'
import { SOURCE_ADMINS_ONLY, sourceQuery } from '../data'
import { Maker } from './maker'
import { DeleteSource } from './settings/delete'
import { Identifiers } from './settings/identifiers'
import { SourceLabels } from './settings/labels'
import { NameAndSlug } from './settings/name'
import { Options } from './settings/options'
import { Retention } from './settings/retention'
import { SchemaSettings } from './settings/schema'
import { WriteKeys } from './settings/write-keys'
import { isPrivate, mayAdminister } from './source'

/** The configuration of a source: ids, write keys, what its maker asks for, name, labels, the end. */
export function SourceSettings() {
  const { ws, source: slug } = getRouteApi('/w/$ws/sources/$source/settings').useParams()
  const about = useQuery(sourceQuery(ws, slug))
  useTitle('Settings', slug, ws)
  return (
    <Body>
      <Loaded query={about}>
        {({ source, etag }) => (
          <>
            {isPrivate(source) && (
              <Note>
                <span>
                  <strong>Private:</strong> only members of this workspace and its maker,{' '}
                  <Maker source={source} />, see it.
                </span>
              </Note>
            )}
            {!mayAdminister(source) && (
              <Note tone="warn">You can look, not change. {SOURCE_ADMINS_ONLY}</Note>
            )}
            <Identifiers ws={ws} source={source} />
            <WriteKeys ws={ws} source={source} />
            {source.metadata.options.length > 0 && (
              <Options ws={ws} source={source} etag={etag} key={`options ${source.id}`} />
            )}
            <NameAndSlug ws={ws} source={source} etag={etag} key={`basic ${source.id}`} />
            <Retention ws={ws} source={source} etag={etag} key={`retention ${source.id}`} />
            <SchemaSettings ws={ws} source={source} key={`schema ${source.id}`} />
            <SourceLabels ws={ws} source={source} key={`labels ${source.id}`} />
            <DeleteSource ws={ws} source={source} />
          </>
        )}
      </Loaded>
    </Body>
  )
}
