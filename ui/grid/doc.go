// Package grid is the console's table: rows of any type, columns that say what of a row they show, sorting, filtering,
// selection, keys and a context menu. Each visible row is one widget, so that ten thousand rows that change four times a
// second cost no more than the thirty that are seen.
package grid
