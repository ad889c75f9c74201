// One file of script and one of style: the panels, Grafana's components and React.
import { build } from 'esbuild';

const inline = Object.fromEntries(['.svg', '.woff', '.woff2', '.ttf', '.png'].map((kind) => [kind, 'dataurl']));
await build({
  entryPoints: ['src/draw.tsx'],
  bundle: true,
  minify: true,
  outfile: 'build/draw.js',
  platform: 'browser',
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  alias: {
    'react-custom-scrollbars-2': './src/scrollbars.tsx',
    // Two copies of it, as a module and as CommonJS, would initialise each other half.
    '@grafana/i18n': './node_modules/@grafana/i18n/dist/esm/index.mjs',
  },
  loader: inline,
  logLevel: 'error',
});
