// Package chart draws what changes over time, and who talks to whom, as rasters: cheap to repaint, and the same with the
// software painter and on a screen. Colours are names of the theme.
package chart
