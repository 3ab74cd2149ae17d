package gdcm

import (
	"bytes"
	"io/fs"
	"time"
)

// oneFile is a read-only file system with a single file in its root.
type oneFile struct {
	name string
	data []byte
}

// Open opens the file or the root folder.
func (o *oneFile) Open(name string) (fs.File, error) {
	switch name {
	case ".":
		return &openFile{oneFile: *o, dir: true}, nil
	case o.name:
		return &openFile{oneFile: *o, Reader: bytes.NewReader(o.data)}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// openFile is the open file or root folder.
type openFile struct {
	*bytes.Reader // seeks
	oneFile
	dir bool
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info(), nil }
func (f *openFile) Close() error               { return nil }

// Read reads the file. Reading the folder is an error.
func (f *openFile) Read(p []byte) (int, error) {
	if f.dir {
		return 0, &fs.PathError{Op: "read", Path: ".", Err: fs.ErrInvalid}
	}
	return f.Reader.Read(p)
}

// ReadDir lists the root folder.
func (f *openFile) ReadDir(int) ([]fs.DirEntry, error) {
	return []fs.DirEntry{fs.FileInfoToDirEntry(fileInfo{f.name, int64(len(f.data)), false})}, nil
}

func (f *openFile) info() fileInfo {
	if f.dir {
		return fileInfo{name: ".", dir: true}
	}
	return fileInfo{f.name, int64(len(f.data)), false}
}

type fileInfo struct {
	name string
	size int64
	dir  bool
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.dir }
func (i fileInfo) Sys() any           { return nil }

func (i fileInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
